//! What backends and the public are answered, and what must hold of that.

use super::*;

impl World {
    /// What the answers to a backend or to the public mean, and whether they may.
    pub(super) fn note(
        &mut self,
        method: Method,
        vouched: Option<&str>,
        minted: &HashMap<String, Vec<u8>>,
        messages: &[Bytes],
        answers: &[Bytes],
        end: Option<&Status>,
    ) {
        let cast =
            |ballot: &proto::Ballot| Cast::of(ballot, vouched, |token| minted.get(token).cloned());
        let first = messages.first().cloned().unwrap_or_default();
        let answer = answers.first().cloned();
        match method {
            Method::CastBallot => {
                let Some(request) = decoded::<proto::CastBallotRequest>(first, end) else { return };
                let answer = answer.map(read::<proto::CastBallotResponse>);
                let outcome = answer.map_or(Outcome::Refused, |answer| answer.outcome());
                let casts = vec![request.ballot.as_ref().and_then(cast)];
                self.count(vouched, &request.poll_id, &casts, &[outcome]);
            }
            Method::CastBallots => {
                let Some(request) = decoded::<proto::CastBallotsRequest>(first, end) else {
                    return;
                };
                let Some(answer) = answer.map(read::<proto::CastBallotsResponse>) else { return };
                let casts: Vec<_> = request.ballots.iter().map(cast).collect();
                self.count(vouched, &request.poll_id, &casts, &outcomes(&answer.results));
            }
            Method::StreamBallots => {
                let mut polls: HashMap<String, (Vec<Option<Cast>>, Vec<Outcome>)> = HashMap::new();
                for (message, answer) in messages.iter().zip(answers) {
                    let request = read::<proto::StreamBallotsRequest>(message.clone());
                    let answer = read::<proto::StreamBallotsResponse>(answer.clone());
                    assert_eq!(answer.sequence, request.sequence);
                    assert_eq!(answer.results.len(), request.ballots.len());
                    // Batches of one stream are counted side by side: who of two is first is open.
                    let (casts, heard) = polls.entry(request.poll_id).or_default();
                    casts.extend(request.ballots.iter().map(cast));
                    heard.extend(outcomes(&answer.results));
                }
                assert!(answers.len() == messages.len() || end.is_some());
                for (poll, (casts, heard)) in polls {
                    self.count(vouched, &poll, &casts, &heard);
                }
            }
            Method::GetParticipation => {
                let (None, Some(answer)) = (end, answer) else { return };
                self.note_participation(vouched, minted, first, answer);
            }
            Method::WatchPolls => self.note_feed(vouched, answers, end),
            Method::GetResults | Method::WatchResults | Method::GetRelease => {
                for answer in answers {
                    self.note_results(method, &first, answer.clone());
                }
            }
            _ => {}
        }
    }

    fn note_participation(
        &self,
        vouched: Option<&str>,
        minted: &HashMap<String, Vec<u8>>,
        request: Bytes,
        answer: Bytes,
    ) {
        use proto::asker::Credential;
        let request = read::<proto::GetParticipationRequest>(request);
        let answer = read::<proto::GetParticipationResponse>(answer);
        let subject = match request.asker.and_then(|asker| asker.credential) {
            Some(Credential::Token(token)) => minted.get(&token).cloned(),
            Some(Credential::Voter(voter)) => vouched.map(|_| voter.subject.to_vec()),
            None => None,
        };
        let subject = subject.expect("only a voter is answered");
        let poll: PollId = request.poll_id.parse().expect("only a poll is asked about");
        let held = self.books.get(&poll).is_some_and(|book| book.holds(&subject));
        let processed = answer.participation() == proto::Participation::Processed;
        assert_eq!(processed, held, "participation");
    }

    /// A backend that is vouched for hears of every poll that runs or will, and of no other.
    fn note_feed(&self, vouched: Option<&str>, answers: &[Bytes], end: Option<&Status>) {
        if vouched.is_none() || end.is_some() {
            let refused = answers.is_empty() && end.is_some();
            assert!(refused, "only a backend that is vouched for hears of polls");
            return;
        }
        let mut heard = Vec::new();
        for answer in answers {
            let answer = read::<proto::WatchPollsResponse>(answer.clone());
            assert!(answer.poll.is_some() != answer.caught_up);
            heard.extend(answer.poll.map(|poll| poll.id));
        }
        let runs = |phase| matches!(phase, Phase::Scheduled | Phase::Open | Phase::Suspended);
        let polls = self.engine().polls();
        let mut expected: Vec<_> = polls
            .iter()
            .filter(|poll| runs(poll.phase))
            .map(|poll| poll.id().to_string())
            .collect();
        heard.sort();
        expected.sort();
        assert_eq!(heard, expected, "the polls that run");
    }

    /// What is published holds by itself, and says what the call asked for.
    fn note_results(&self, method: Method, request: &Bytes, answer: Bytes) {
        let results = match method {
            Method::GetRelease => {
                let answer = read::<proto::GetReleaseResponse>(answer);
                assert!(!answer.proof.is_empty(), "a release has its place in the public log");
                answer.results
            }
            _ => read::<proto::GetResultsResponse>(answer).results,
        };
        let results = results.expect("what is answered is published");
        assert_eq!(results.poll_id, read::<Named>(request.clone()).poll_id);
        let checked = holos::publish::verify(&results.publication, &self.key);
        let statement =
            checked.unwrap_or_else(|error| panic!("what is published: {error}")).statement;
        assert_eq!(statement.poll.to_string(), results.poll_id);
        assert_eq!(statement.release, results.release);
        assert_eq!(statement.total.unwrap_or_default(), results.total);
        let told = results.questions.iter().flat_map(|question| &question.options);
        let signed = statement.questions.iter().flat_map(|question| &question.options);
        assert!(told.map(|option| option.count).eq(signed.map(|option| option.count)));
        assert_ne!(crate::tables::hold(&statement), Some(false), "a table tells too much");
    }

    fn count(
        &mut self,
        vouched: Option<&str>,
        poll: &str,
        casts: &[Option<Cast>],
        outcomes: &[Outcome],
    ) {
        assert_eq!(casts.len(), outcomes.len());
        let taken = outcomes.iter().any(|outcome| *outcome != Outcome::Refused);
        if !taken {
            return;
        }
        let id: PollId = poll.parse().expect("nothing is counted without a poll");
        let poll = self.engine().poll(id).expect("nor in one that is not there");
        if outcomes.contains(&Outcome::Counted) {
            // The clock moves between calls only, and only moves of staff end or suspend a poll.
            assert_eq!(poll.phase, Phase::Open, "nor in one that is not open");
        }
        let voted_by_word = casts.iter().flatten().any(|cast| cast.issuer() == "spare");
        assert!(!(self.revoked && voted_by_word && vouched == Some("spare")), "a revoked key");
        self.books.entry(id).or_default().note(casts, outcomes);
    }
}
