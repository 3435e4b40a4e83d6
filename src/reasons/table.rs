//! The table itself. A new reason is a row here; what no code gives, or gives without a row, fails a
//! test.

use std::time::Duration;

use crate::{Code, Entry, Given, Retry};

/// How long a caller waits before it repeats a ballot whose outcome is unknown: about a restart.
pub const RETRY_UNKNOWN: Duration = Duration::from_secs(1);
/// How long a caller waits when the engine sheds load: a few commit rounds.
pub const RETRY_OVERLOADED: Duration = Duration::from_millis(200);
/// How long a caller waits when its token's key is not known: about a fetch of the issuer's key set.
pub const RETRY_KEY_UNKNOWN: Duration = Duration::from_secs(1);
/// How long a caller waits when an issuer or a connection is over its rate.
pub const RETRY_RATE_LIMITED: Duration = Duration::from_secs(1);
/// How long a caller waits when a poll is suspended: somebody is at work, and it takes minutes.
pub const RETRY_SUSPENDED: Duration = Duration::from_secs(60);
/// How long a reader waits when there is no place for another watcher.
pub const RETRY_WATCHERS: Duration = Duration::from_secs(5);
/// How long a reader waits when reads give way to ballots.
pub const RETRY_READS: Duration = Duration::from_secs(5);

macro_rules! reasons {
    ($($name:ident $wire:literal $code:ident $http:literal $retry:expr, $given:ident,
       $english:literal, $ukrainian:literal, $note:literal;)+) => {
        /// Why an answer is a refusal or a failure.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $(#[doc = $english] $name,)+
        }

        impl Reason {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its row.
            pub const fn entry(self) -> &'static Entry {
                match self {
                    $(Self::$name => {
                        const ENTRY: &Entry = &Entry {
                            name: $wire,
                            code: Code::$code,
                            http_status: $http,
                            retry: $retry,
                            given: Given::$given,
                            english: $english,
                            ukrainian: $ukrainian,
                            note: $note,
                        };
                        ENTRY
                    })+
                }
            }

            /// Its name on the wire.
            pub const fn name(self) -> &'static str {
                self.entry().name
            }

            /// The reason of this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.name() == name)
            }
        }
    };
}

use Retry::{After, Never};

// Variant, name, code, HTTP status, retry, where; English; Ukrainian; note.
reasons! {
    MessageMalformed "MESSAGE_MALFORMED" InvalidArgument 400 Never, Ballots,
        "the message cannot be decoded as protobuf",
        "повідомлення не вдається розібрати як protobuf", "any call";
    BatchEmpty "BATCH_EMPTY" InvalidArgument 400 Never, Ballots,
        "ballots: a batch holds at least one ballot",
        "ballots: пакет має містити щонайменше один бюлетень", "";
    BatchTooLarge "BATCH_TOO_LARGE" InvalidArgument 400 Never, Ballots,
        "ballots: a batch holds at most 1000 ballots",
        "ballots: пакет може містити щонайбільше 1000 бюлетенів", "";
    PollIdMalformed "POLL_ID_MALFORMED" InvalidArgument 400 Never, Ballots,
        "poll_id: not a UUID in its 36-character form",
        "poll_id: це не UUID у формі з 36 символів", "any call that names a poll, and HTTP";
    PollUnknown "POLL_UNKNOWN" NotFound 404 Never, Ballots,
        "poll_id: no such poll",
        "poll_id: такого опитування немає", "any call that names a poll, and HTTP";
    PollNotOpen "POLL_NOT_OPEN" FailedPrecondition 409 Never, Ballots,
        "the poll is not open yet",
        "опитування ще не розпочалося", "";
    PollClosed "POLL_CLOSED" FailedPrecondition 409 Never, Ballots,
        "the poll is closed",
        "опитування завершено", "";
    PollSuspended "POLL_SUSPENDED" Unavailable 503 After(RETRY_SUSPENDED), Ballots,
        "the poll is suspended",
        "опитування призупинено", "";
    NoticeStale "NOTICE_STALE" FailedPrecondition 409 Never, Ballots,
        "notice_version: not the poll's current processing notice",
        "notice_version: це не чинна версія повідомлення про обробку персональних даних",
        "show the voter the current notice, and cast again once it is accepted: metadata `current_version`";
    CredentialMissing "CREDENTIAL_MISSING" Unauthenticated 401 Never, Ballots,
        "credential: the ballot carries none",
        "credential: бюлетень не містить підтвердження учасника", "";
    CallerUnknown "CALLER_UNKNOWN" Unauthenticated 401 Never, Ballots,
        "authorization: no issuer has this connection secret",
        "authorization: жоден видавець не має такого секрету з'єднання", "any call of the ingest listener";
    CertificateUntrusted "CERTIFICATE_UNTRUSTED" Unauthenticated 401 Never, Ballots,
        "the client certificate is revoked, expired or not trusted any more",
        "сертифікат клієнта відкликано, строк його дії минув або йому більше не довіряють",
        "any call over a connection with a client certificate: connect again with a valid one";
    ConnectionNotVouched "CONNECTION_NOT_VOUCHED" Unauthenticated 401 Never, Ballots,
        "credential.voter: allowed only over a vouched connection",
        "credential.voter: дозволено лише через з'єднання, підтверджене видавцем", "also `WatchPolls`";
    TokenTooLarge "TOKEN_TOO_LARGE" Unauthenticated 401 Never, Ballots,
        "credential.token: longer than 2048 bytes",
        "credential.token: довший за 2048 байтів", "";
    TokenMalformed "TOKEN_MALFORMED" Unauthenticated 401 Never, Ballots,
        "credential.token: not a JWT of the stated profile",
        "credential.token: це не JWT установленого профілю", "";
    TokenAlgorithm "TOKEN_ALGORITHM" Unauthenticated 401 Never, Ballots,
        "credential.token: the algorithm is not the one of its key",
        "credential.token: алгоритм не відповідає ключу", "";
    TokenIssuerUnknown "TOKEN_ISSUER_UNKNOWN" Unauthenticated 401 Never, Ballots,
        "credential.token: iss is not a known issuer",
        "credential.token: видавець, зазначений в iss, невідомий", "";
    TokenKeyUnknown "TOKEN_KEY_UNKNOWN" Unauthenticated 401 After(RETRY_KEY_UNKNOWN), Ballots,
        "credential.token: kid is not a key of the issuer",
        "credential.token: видавець не має ключа, зазначеного в kid", "";
    IssuerKeyRevoked "ISSUER_KEY_REVOKED" Unauthenticated 401 Never, Ballots,
        "credential: its issuer key is revoked",
        "credential: ключ видавця відкликано", "";
    TokenSignature "TOKEN_SIGNATURE" Unauthenticated 401 Never, Ballots,
        "credential.token: the signature does not hold",
        "credential.token: підпис недійсний", "";
    TokenExpired "TOKEN_EXPIRED" Unauthenticated 401 Never, Ballots,
        "credential.token: expired",
        "credential.token: строк дії минув", "get a new token for the same voter";
    TokenNotYetValid "TOKEN_NOT_YET_VALID" Unauthenticated 401 Never, Ballots,
        "credential.token: not valid yet",
        "credential.token: строк дії ще не почався", "check the issuer's clock";
    TokenLifetime "TOKEN_LIFETIME" Unauthenticated 401 Never, Ballots,
        "credential.token: exp is not 1 to 600 seconds after iat",
        "credential.token: exp має настати через 1–600 секунд після iat", "";
    TokenAudience "TOKEN_AUDIENCE" Unauthenticated 401 Never, Ballots,
        "credential.token: aud is not this engine",
        "credential.token: aud вказує на іншу систему", "";
    TokenPoll "TOKEN_POLL" PermissionDenied 403 Never, Ballots,
        "credential.token: issued for another poll",
        "credential.token: видано для іншого опитування", "";
    AskForbidden "ASK_FORBIDDEN" PermissionDenied 403 Never, Ballots,
        "asker.voter: this issuer's backend may not ask about voters",
        "asker.voter: застосунок цього видавця не має права запитувати про учасників", "`SubjectService`";
    SubjectInvalid "SUBJECT_INVALID" InvalidArgument 400 Never, Ballots,
        "subject: 16 to 64 opaque bytes are needed, or what its issuer's kind of subject is",
        "subject: потрібно від 16 до 64 байтів або значення того виду, який установлено для видавця", "";
    SubjectSpace "SUBJECT_SPACE" PermissionDenied 403 Never, Ballots,
        "the issuer's subject space is not the poll's",
        "видавець належить до іншого простору суб'єктів, ніж опитування", "";
    PseudonymKey "PSEUDONYM_KEY" PermissionDenied 403 Never, Ballots,
        "the subject is made under another pseudonym key than the poll's",
        "псевдонім учасника створено не тим ключем, який закріплено за опитуванням", "";
    NotEligible "NOT_ELIGIBLE" PermissionDenied 403 Never, Ballots,
        "the poll's conditions for taking part are not met",
        "умови участі в опитуванні не виконано", "";
    ClaimInvalid "CLAIM_INVALID" InvalidArgument 400 Never, Ballots,
        "credential.voter: a claim that the poll needs is out of bounds",
        "credential.voter: відомість, потрібна для опитування, виходить за допустимі межі", "";
    RateLimited "RATE_LIMITED" ResourceExhausted 429 After(RETRY_RATE_LIMITED), Ballots,
        "too many ballots of this issuer, or too many bad signatures of this connection; try again",
        "забагато бюлетенів від цього видавця або недійсних підписів у цьому з'єднанні; спробуйте ще раз", "";
    AnswerMissing "ANSWER_MISSING" InvalidArgument 400 Never, Ballots,
        "answers: every question needs one answer",
        "answers: на кожне запитання потрібна одна відповідь", "";
    AnswerRepeated "ANSWER_REPEATED" InvalidArgument 400 Never, Ballots,
        "answers: a question is answered twice",
        "answers: на одне запитання дано дві відповіді", "";
    QuestionUnknown "QUESTION_UNKNOWN" InvalidArgument 400 Never, Ballots,
        "answers.question_id: the poll has no such question",
        "answers.question_id: в опитуванні немає такого запитання", "";
    OptionUnknown "OPTION_UNKNOWN" InvalidArgument 400 Never, Ballots,
        "answers.option_ids: the question has no such option",
        "answers.option_ids: запитання не має такого варіанта відповіді", "";
    OptionsTooFew "OPTIONS_TOO_FEW" InvalidArgument 400 Never, Ballots,
        "answers.option_ids: exactly one option is needed",
        "answers.option_ids: потрібно вибрати рівно один варіант", "";
    OptionsTooMany "OPTIONS_TOO_MANY" InvalidArgument 400 Never, Ballots,
        "answers.option_ids: exactly one option is allowed",
        "answers.option_ids: дозволено вибрати лише один варіант", "";
    QuotaExhausted "QUOTA_EXHAUSTED" ResourceExhausted 429 Never, Ballots,
        "the issuer has brought as many ballots as it may to this poll",
        "видавець уже передав до цього опитування стільки бюлетенів, скільки йому дозволено", "";
    Overloaded "OVERLOADED" ResourceExhausted 429 After(RETRY_OVERLOADED), Ballots,
        "the engine is full; try again",
        "систему перевантажено; спробуйте ще раз",
        "any call, when one connection leaves more than 16 MiB of messages incomplete";
    ShuttingDown "SHUTTING_DOWN" Unavailable 503 After(RETRY_UNKNOWN), Ballots,
        "the engine is stopping; try again",
        "система завершує роботу; спробуйте ще раз", "";
    OutcomeUnknown "OUTCOME_UNKNOWN" Unavailable 503 After(RETRY_UNKNOWN), Ballots,
        "the outcome is unknown: send the same ballot again",
        "результат невідомий: надішліть той самий бюлетень ще раз", "repeating is safe: nobody is counted twice";

    MessageTimedOut "MESSAGE_TIMED_OUT" DeadlineExceeded 504 Never, Calls,
        "the message was not complete in time",
        "повідомлення не надійшло повністю у відведений час",
        "a message must be complete in 10 s; a stream may rest between messages";
    MessageCompressed "MESSAGE_COMPRESSED" Unimplemented 501 Never, Calls,
        "compressed messages are not accepted",
        "стиснені повідомлення не приймаються", "";
    EngineStopped "ENGINE_STOPPED" Unavailable 503 Never, Calls,
        "the engine has stopped",
        "система зупинила роботу", "HTTP too";

    StaffTokenInvalid "STAFF_TOKEN_INVALID" Unauthenticated 401 Never, Staff,
        "authorization: not a staff token that holds",
        "authorization: це не чинний токен працівника",
        "no token and no certificate either; one text for all flaws";
    StaffUnregistered "STAFF_UNREGISTERED" Unauthenticated 401 Never, Staff,
        "authorization: no account of the staff register, or more than one, signs in so",
        "authorization: у реєстрі працівників немає облікового запису з таким входом або їх кілька", "";
    UndertakingWithdrawn "UNDERTAKING_WITHDRAWN" PermissionDenied 403 Never, Staff,
        "the undertaking of this account is withdrawn",
        "доступ цього працівника припинено: зобов'язання про нерозголошення більше не діє", "";
    RoleForbids "ROLE_FORBIDS" PermissionDenied 403 Never, Staff,
        "the role of this account may not do this",
        "роль цього облікового запису не дозволяє такої дії", "metadata `action`, `role`";
    BodyForeign "BODY_FOREIGN" PermissionDenied 403 Never, Staff,
        "it belongs to another body than this account",
        "це належить іншому органу, ніж цей обліковий запис", "metadata `action`";
    SamePerson "SAME_PERSON" PermissionDenied 403 Never, Staff,
        "another person must do it than who filed or proposed",
        "це має зробити інша особа, ніж та, що подала замовлення чи внесла пропозицію",
        "`ApproveOrder`, `ConfirmProposal`";
    FieldInvalid "FIELD_INVALID" InvalidArgument 400 Never, Staff,
        "a field breaks its rule",
        "поле не відповідає встановленому правилу",
        "metadata `field`; `BadRequest` names each field and its rule";
    OrderInvalid "ORDER_INVALID" InvalidArgument 400 Never, Staff,
        "a field of the order breaks its rule",
        "поле замовлення не відповідає встановленому правилу",
        "`SubmitOrder`, `CorrectOrder`; `BadRequest` names each field and its rule";
    OrderExists "ORDER_EXISTS" AlreadyExists 409 Never, Staff,
        "the initiator has an order with this reference already",
        "ініціатор уже має замовлення з таким номером", "`SubmitOrder`; metadata `poll_id`";
    OrderSignatureMissing "ORDER_SIGNATURE_MISSING" PermissionDenied 403 Never, Staff,
        "an order of another body needs that body's signature",
        "замовлення іншого органу має бути підписане цим органом", "`SubmitOrder`, `CorrectOrder`";
    OrderKeyUnknown "ORDER_KEY_UNKNOWN" PermissionDenied 403 Never, Staff,
        "the signature's key is not a trusted key of the initiator",
        "ключ підпису не належить до довірених ключів ініціатора", "`SubmitOrder`, `CorrectOrder`";
    OrderSignature "ORDER_SIGNATURE" PermissionDenied 403 Never, Staff,
        "the order's signature does not hold",
        "підпис замовлення недійсний", "`SubmitOrder`, `CorrectOrder`";
    OrderSignatureUsed "ORDER_SIGNATURE_USED" PermissionDenied 403 Never, Staff,
        "this signature has brought the order in before",
        "замовлення з цим підписом уже подавали",
        "`CorrectOrder`; what its body took back, only the body files again";
    OrdersFull "ORDERS_FULL" ResourceExhausted 429 Never, Staff,
        "too many orders of this body wait, or too many revisions of this order stand",
        "забагато замовлень цього органу очікують на розгляд або забагато редакцій цього замовлення",
        "`SubmitOrder`, `CorrectOrder`; 200 orders of the body wait for approval, or the order has 100 revisions";
    OrderChanged "ORDER_CHANGED" FailedPrecondition 409 Never, Staff,
        "the order has changed since it was read",
        "замовлення змінилося після того, як його було прочитано", "`ApproveOrder`; read it again";
    SubjectSpaceUnknown "SUBJECT_SPACE_UNKNOWN" FailedPrecondition 409 Never, Staff,
        "participants.subject_space: no issuer is configured for it",
        "participants.subject_space: для нього не налаштовано жодного видавця", "`SchedulePoll`";
    PollWrongPhase "POLL_WRONG_PHASE" FailedPrecondition 409 Never, Staff,
        "the poll's phase does not allow this",
        "на цій стадії опитування така дія неможлива", "metadata `phase`, `moves` (the legal ones)";
    ClosingTimePast "CLOSING_TIME_PAST" FailedPrecondition 409 Never, Staff,
        "the poll's closing time has passed",
        "час завершення опитування вже минув", "`SchedulePoll`, `ExtendPoll`";
    EndReasonMissing "END_REASON_MISSING" InvalidArgument 400 Never, Staff,
        "reason: must be RELEVANCE_LOST, TECHNICAL_ERROR or INITIATOR_DECISION",
        "reason: має бути RELEVANCE_LOST, TECHNICAL_ERROR або INITIATOR_DECISION", "`EndPoll`";
    ResultsReleased "RESULTS_RELEASED" FailedPrecondition 409 Never, Staff,
        "the results are published already",
        "результати вже оприлюднено", "`WithdrawConsent`";
    PageTokenInvalid "PAGE_TOKEN_INVALID" InvalidArgument 400 Never, Staff,
        "page_token: not a next_page_token of this service",
        "page_token: це не next_page_token цієї служби", "lists";
    PageSizeInvalid "PAGE_SIZE_INVALID" InvalidArgument 400 Never, Staff,
        "page_size: out of bounds",
        "page_size: виходить за допустимі межі", "lists";
    StaffUnknown "STAFF_UNKNOWN" NotFound 404 Never, Staff,
        "number: no such entry of the register",
        "number: такого запису в реєстрі немає", "`WithdrawStaff`";
    CredentialTaken "CREDENTIAL_TAKEN" AlreadyExists 409 Never, Staff,
        "another account with access has this credential",
        "такий спосіб входу вже має інший чинний обліковий запис", "`RegisterStaff`";
    BodyKeyExists "BODY_KEY_EXISTS" AlreadyExists 409 Never, Staff,
        "key.key_id: the body has, or had, a key of this name",
        "key.key_id: орган уже має або мав ключ із такою назвою", "`RegisterBodyKey`";
    BodyKeyUnknown "BODY_KEY_UNKNOWN" NotFound 404 Never, Staff,
        "key_id: no such key of this body",
        "key_id: цей орган не має такого ключа", "`RevokeBodyKey`";
    ProposalUnknown "PROPOSAL_UNKNOWN" NotFound 404 Never, Staff,
        "number: no such proposal",
        "number: такої пропозиції немає", "`ConfirmProposal`, `DeclineProposal`";
    ProposalEnded "PROPOSAL_ENDED" FailedPrecondition 409 Never, Staff,
        "the proposal was confirmed, declined, or has expired",
        "пропозицію вже підтверджено чи відхилено або строк її дії минув",
        "`ConfirmProposal`, `DeclineProposal`; a proposal expires after a day";
    ProposalsFull "PROPOSALS_FULL" ResourceExhausted 429 Never, Staff,
        "as many proposals wait as can: confirm or decline some",
        "досягнуто найбільшої кількості нерозглянутих пропозицій: підтвердьте або відхиліть якісь із них",
        "`ErasePoll`, `ExciseIssuerKey`, `ReleaseHeldBack`; 200 proposals wait";
    IncidentUnknown "INCIDENT_UNKNOWN" NotFound 404 Never, Staff,
        "number: no such incident",
        "number: такого інциденту немає", "`IncidentService`";
    IncidentClosed "INCIDENT_CLOSED" FailedPrecondition 409 Never, Staff,
        "the incident is closed: what is found out later is a new one",
        "інцидент закрито: виявлене пізніше реєструють як новий", "`IncidentService`";
    IncidentFull "INCIDENT_FULL" FailedPrecondition 409 Never, Staff,
        "the record holds as much as it can: open another one",
        "запис про інцидент заповнено: відкрийте новий", "`NoteIncident`";
    RequestUnknown "REQUEST_UNKNOWN" NotFound 404 Never, Staff,
        "number: no such request",
        "number: такого запиту немає", "`RequestService`";
    RequestAnswered "REQUEST_ANSWERED" FailedPrecondition 409 Never, Staff,
        "the request is answered, and the first answer stands",
        "на запит уже надано відповідь, і перша відповідь лишається чинною", "`RequestService`";
    RequestNotExtendable "REQUEST_NOT_EXTENDABLE" FailedPrecondition 409 Never, Staff,
        "a term can be prolonged once, and only for public information",
        "строк можна продовжити один раз і лише для запиту на публічну інформацію", "`ExtendRequest`";
    RequestTermOver "REQUEST_TERM_OVER" FailedPrecondition 409 Never, Staff,
        "a term can be prolonged until its last day",
        "строк можна продовжити лише до його останнього дня включно", "`ExtendRequest`";
    ExportsFull "EXPORTS_FULL" ResourceExhausted 429 Never, Staff,
        "too many exports of the audit log at a time",
        "забагато одночасних вивантажень журналу аудиту", "`ExportLog`";
    RevocationReasonMissing "REVOCATION_REASON_MISSING" InvalidArgument 400 Never, Staff,
        "reason: must be COMPROMISED, SUPERSEDED or ISSUER_LEFT",
        "reason: має бути COMPROMISED, SUPERSEDED або ISSUER_LEFT", "`RevokeIssuerKey`";
    IssuerKeyTrusted "ISSUER_KEY_TRUSTED" FailedPrecondition 409 Never, Staff,
        "the key is not revoked: revoke it first",
        "ключ не відкликано: спершу відкличте його", "`ExciseIssuerKey`";
    GroupMerged "GROUP_MERGED" FailedPrecondition 409 Never, Staff,
        "the key has no sums of its own in this poll: they were merged with others' at its close, or there were none",
        "ключ не має власних сум у цьому опитуванні: під час завершення їх об'єднано з іншими або їх не було",
        "`ExciseIssuerKey`";
    NothingHeldBack "NOTHING_HELD_BACK" FailedPrecondition 409 Never, Staff,
        "the poll has no totals that are held back",
        "опитування не має підсумків, оприлюднення яких відкладено",
        "`ReleaseHeldBack`; no newer totals of the poll wait for two people";
    WrappingKeyNotReplaced "WRAPPING_KEY_NOT_REPLACED" FailedPrecondition 409 Never, Staff,
        "the wrapping key cannot be replaced; everything is as it was",
        "ключ захисту ключів не вдалося замінити; усе лишилося без змін",
        "`RotateWrappingKey`; the log says why";
    WrappingKeyUnchanged "WRAPPING_KEY_UNCHANGED" FailedPrecondition 409 Never, Staff,
        "the engine still works under the wrapping key that must be destroyed",
        "система досі використовує ключ захисту ключів, який має бути знищено", "`ConfirmErasures`";
    ErasureGroundMissing "ERASURE_GROUND_MISSING" InvalidArgument 400 Never, Staff,
        "ground: must be COURT_ORDER or AUTHORITY_DEMAND",
        "ground: має бути COURT_ORDER або AUTHORITY_DEMAND", "`ErasePoll`";

    ResultsNotPublished "RESULTS_NOT_PUBLISHED" FailedPrecondition 409 Never, Reads,
        "the results are not published yet",
        "результати ще не оприлюднено", "metadata `phase`";
    ResultsWithheld "RESULTS_WITHHELD" FailedPrecondition 409 Never, Reads,
        "the poll's rules forbid publishing its results",
        "правила опитування не дозволяють оприлюднювати його результати",
        "also `GetOwnResult`, `GetAnswerSheet`; metadata `withheld_reason`";
    ReleaseUnknown "RELEASE_UNKNOWN" NotFound 404 Never, Reads,
        "the poll has no release of this number",
        "опитування не має випуску з таким номером", "`GetRelease`, and HTTP";
    WatchersFull "WATCHERS_FULL" ResourceExhausted 503 After(RETRY_WATCHERS), Reads,
        "too many watchers; try again later",
        "забагато підписок на зміни; спробуйте пізніше", "`WatchResults`, `WatchPolls`, and HTTP";
    WatchEnded "WATCH_ENDED" Unavailable 503 After(RETRY_UNKNOWN), Reads,
        "a watch lasts ten minutes at most; watch again",
        "підписка на зміни триває щонайбільше десять хвилин; підпишіться знову",
        "`WatchResults`; also when the engine stops";
    ReadsShed "READS_SHED" Unavailable 503 After(RETRY_READS), Reads,
        "ballots are counted first; read again in a few seconds",
        "спершу обліковуються бюлетені; повторіть запит за кілька секунд", "";

    NotFound "NOT_FOUND" NotFound 404 Never, Http,
        "there is nothing at this address",
        "за цією адресою нічого немає", "";
    MethodNotAllowed "METHOD_NOT_ALLOWED" Unimplemented 405 Never, Http,
        "only GET and HEAD are served",
        "обслуговуються лише методи GET і HEAD", "";
    ParameterInvalid "PARAMETER_INVALID" InvalidArgument 400 Never, Http,
        "a parameter breaks its rule",
        "параметр не відповідає встановленому правилу", "the detail names the parameter and its rule";
    DefinitionNotFrozen "DEFINITION_NOT_FROZEN" FailedPrecondition 409 Never, Http,
        "the poll's definition can still change: it is frozen when the poll opens",
        "умови опитування ще можуть змінитися: їх остаточно фіксують під час його відкриття", "";
    NoCatalogue "NO_CATALOGUE" NotFound 404 Never, Http,
        "this engine describes no open data: its configuration names no publisher",
        "ця система не описує відкритих даних: у її налаштуваннях не зазначено розпорядника", "";
}
