# Every page
site = E-polls
skip = Skip to content
nav-pages = Pages
nav-polls = Polls
nav-about = How it works
nav-languages = Language
nav-trail = Breadcrumbs
to-polls = To the list of polls
footer-depersonalised = The totals are depersonalised: nobody can learn from them who answered what. These pages store nothing in your browser and do not count visitors.
footer-time = All times are Kyiv time.
footer-api = API description (OpenAPI)
footer-catalogue = Dataset catalogue (DCAT)
footer-feed = News feed (Atom)
footer-publisher = Published by
footer-licence = Terms of re-use:
feed-title = Published totals of polls
not-found = Page not found
not-found-text = There is nothing at this address. Perhaps it was not copied in full.
failed = Something went wrong
failed-text = The page cannot be shown now. Try again in a minute: published totals are safe.
busy = Answers are being counted
busy-text = So many answers are coming in that pages give way to them. Nothing is lost: try again in a few seconds.
busy-again = Try again

# Numbers and times
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
date = { $day } { $month } { $year }
moment = { $date }, { $time }
less-than-a-minute = less than a minute
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
  }
hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
  }
days = { $count ->
    [one] { $count } day
   *[other] { $count } days
  }

# The list
polls = Polls
list-lead = What is being asked, which polls are open and how earlier ones ended.
search-words = Title, initiator or number
search-body = Initiator
search-community = Community
search-any = All
community-national = All of Ukraine
search-go = Search
search-clear = Clear
search-flaw = The search could not be made: its text may have at most 200 characters, and the other conditions must be chosen from the lists.
stages = State of the polls
stage-all = All
stage-open = Open
stage-upcoming = Upcoming
stage-closed = Closed
polls-found = { $count ->
    [0] Nothing found.
    [one] { $number } poll found.
   *[other] { $number } polls found.
  }
pages = Pages of the list
page-of = Page { $page } of { $pages }
page-before = Previous
page-after = Next

# Where a poll stands
state-upcoming = Upcoming
state-upcoming-sentence = Opens on { $moment }. Time until then: { $left }.
state-open = Open
state-open-sentence = Open until { $moment }. Time left: { $left }.
state-suspended = Suspended
state-suspended-sentence = No answers are being taken for now. Closes on { $moment }. Time left: { $left }.
state-counting = Counting
state-counting-sentence = Closed on { $moment }. The totals are being prepared.
state-published = Closed
state-published-sentence = Closed on { $moment }. The totals are published.
state-withheld = Closed
state-withheld-sentence = Closed on { $moment }. The totals are not published.
state-provisional = Closed
state-provisional-sentence = Closed on { $moment }. The final totals are not published; the provisional ones stand.
state-withdrawn = Closed
state-withdrawn-sentence = Closed on { $moment }. The published totals were withdrawn.
state-expired = Closed
state-expired-sentence = Closed on { $moment }. The totals are no longer kept.
test = Test
updated = The totals were updated.

# Results
results = Results
results-caption = Share and number of answers by option
option = Option
options = The options:
share = Share
answers = Answers
answers-in-all = Total answers
total-answers = { $count ->
    [one] { $number } answer in all.
   *[other] { $number } answers in all.
  }
release-live = Provisional totals as of { $moment }
release-final = Final totals as of { $moment }
corrects = Replaces release { $release }: answers vouched for by a revoked key were taken out.
withdraws = Withdraws release { $release }: answers vouched for by a revoked key were taken out.
early-relevance-lost = The poll ended early because it was no longer relevant.
early-technical-error = The poll ended early because of a technical error.
early-initiator = The poll ended early by decision of the initiator.
finding = The most frequent answer: “{ $label }”, { $share }.
finding-tie = Several options share the most answers: { $share } each.
not-representative = People chose for themselves whether to answer, so the totals do not represent the population. Shares are rounded and may not add up to exactly 100%.
withdrawn = The totals published earlier have been withdrawn.
withheld-never = By the rules of this poll its totals are not published.
withheld-too-few = There are fewer answers than the rules require, so the totals are not published.
withheld-no-consent = The initiator has not consented to the publication of the totals.
withheld-test = The poll was a test: its totals are not published.
withheld-ended-early = The poll ended early; under its order the totals are then not published.
withheld-too-close = The totals differ too little from those published earlier: comparing them would tell how a few people answered.
nothing-expired = The period for which the totals are kept has ended; they have been deleted.
nothing-counting = The poll has closed; its totals are being prepared.
nothing-test = The poll is a test: its totals are not published.
nothing-never = By the rules of this poll its totals are not published.
nothing-at-close = The totals will appear here after the poll closes, if there are at least { $number } answers.
nothing-live = Provisional totals will appear here while the poll is open, as soon as there are at least { $count ->
    [one] { $number } answer
   *[other] { $number } answers
  }.

# Turnout
turnout = Answers over time
turnout-said = From the opening ({ $first }) to { $last }, { $total } answers came in. Each release of totals adds a step.
as-table = Show as a table
release = Release
as-of = As of

# Breakdowns
by-region = By region
by-age = By age (full years)
by-group = By group
not-stated = Not stated
age-band = { $band }
age-from = { $from } and over
hidden = hidden
hidden-mark = [c]
hidden-said = [c] means that the number is hidden to protect people: there are fewer than { $number } such answers, or another hidden number could be computed from it. Zero is marked the same way.
table-withheld = The table is not shown: in any form it would reveal the answers of fewer than { $count ->
    [one] { $number } person
   *[other] { $number } people
  }.
left-out = Options chosen by fewer than { $count ->
    [one] { $number } person
   *[other] { $number } people
  } are left out of the table.
map-said = From { $least } ({ $low }) to { $most } ({ $high }); regions hidden: { $hidden }.
legend = Share of the answers in the region, %

# About a poll
about-poll = About the poll
fact-initiator = Initiator
fact-order = Order number
fact-ground = Legal ground
fact-procedure = Procedure
fact-period = Period
period = { $from } – { $to }
fact-who = Who may answer
fact-population = People eligible
about-people = { $count ->
    [one] about { $number } person
   *[other] about { $number } people
  }
fact-publication = Publication
fact-breakdowns = Breakdowns
breakdowns-by = { $names }; numbers below { $count } are hidden
fact-by-region = by region
fact-by-age = by age
fact-by-group = by group
fact-community = Community
fact-contact = Questions about the poll
who-everybody = anyone whose identity the sign-in service confirms
who-age = aged { $age } or over
who-regions = residents of { $names }
who-citizens = citizenship: { $names }
who-groups = groups: { $names }
rule-never = The totals are not published.
rule-at-close = The totals are published once, after the poll closes.
rule-live = Provisional totals are published while the poll is open, at most every { $minutes } min, and final ones after it closes.
rule-minimum = With fewer than { $number } answers, nothing is published.
rule-apart = { $count ->
    [one] Any two releases differ by at least { $number } answer.
   *[other] Any two releases differ by at least { $number } answers.
  }
rule-early-withheld = If the poll ends early, the totals are not published.
rules = The rules in plain words
notice-link = Notice of the processing of personal data
history = History
step-opened = Opened.
step-extended = Extended
step-extended-to = to { $moment }. Reason:
step-suspended = Suspended.
step-closed = Closed as planned.
step-closed-relevance = Ended early: no longer relevant.
step-closed-technical = Ended early: technical error.
step-closed-initiator = Ended early by decision of the initiator.
step-published = Final totals published.
step-corrected = Corrected totals published.
step-withdrawn = Totals withdrawn.
step-erased = Participants' keys and codes destroyed; only sums remain.
decisions = Decisions that followed
document = No. { $reference } of { $date }

# Releases, files, proof
releases = Releases of totals
releases-said = A published release never changes: a correction comes as a new release that names the one it replaces.
kind = Kind
kind-live = Provisional totals
kind-final = Final totals
kind-withdrawal = Withdrawal
in-force = in force
files = Files
proof = proof
data = Data and proof
file-results = Results, the signed file (JSON)
file-csv = Results, a table (CSV)
file-passport = Dataset passport (JSON)
file-poll = The poll without its totals (JSON)
file-definition = The terms of the poll, fixed when it opened (JSON)
verify = How to verify these results
verify-said = These commands download the results, the proof of their entry in the public log and the terms of the poll, and check them all without asking this site. For a real check, obtain the key from another source.
this-site = address-of-this-site
hash = BLAKE3 of the release in force:

# Processing notice
notice-title = Notice of the processing of personal data
notice-version = Version of the notice:
notice-controller = Controller of personal data
notice-processor = Processor of personal data
notice-location = Where the data are kept
notice-contents = Composition and content of the data
notice-purpose = Purpose of the processing
notice-ground = Legal ground
notice-recipients = Recipients
notice-abroad = Transfer abroad
notice-retention = Retention
notice-person = Responsible person
rights = Your rights
rights-lead = You have the right:
mechanism = How an answer is processed

# How it works
about-title = How it works
about-lead = Totals of e-polls are published here: how many answers there were, and how many people chose each option. Nobody knows who answered what.
about-hidden = Why some numbers are hidden
about-hidden-text = In breakdowns by region, age or group, numbers below { $number } are hidden, because people could be recognised by them. So are the numbers from which those could be computed. Zero is marked the same way as a small number. The totals of a question are always exact.
about-check = How to verify results
about-check-text = Each release is signed with an Ed25519 key and entered in a public log that can only be added to (C2SP tlog-tiles). Each poll's page has the commands ready. The program holos verify checks the signature, the sums, the tables and the place in the log without asking the server.
about-key = The key that signs results (PEM)
about-log = Checkpoint of the public log
about-data = Data for programs
about-data-text = Everything on these pages is also available through the API, without keys or registration. Changes of a poll can be followed as server-sent events.
about-polls = All polls (JSON)
about-register = Register of datasets (CSV)

# Accessibility statement
accessibility-title = Accessibility
accessibility-aim = These pages are made to WCAG 2.2, level AA; for sites of executive bodies DSTU EN 301 549:2022 is binding (Resolution of the Cabinet of Ministers of Ukraine No. 757 of 21 July 2023). There is no separate version for people with impaired sight: the ordinary one is accessible.
accessibility-done = What was done
accessibility-done-charts = Each chart has a table and a sentence that say the same; colour is never the only sign.
accessibility-done-keyboard = Everything can be reached with a keyboard; tables wider than the screen scroll with the arrow keys.
accessibility-done-script = Without JavaScript the pages show the same. With it, a screen reader announces each new release once.
accessibility-done-look = The pages can be read on a screen 320 pixels wide, enlarged to 400%, in dark mode, in high contrast and on paper.
accessibility-known = Known limitations
accessibility-known-texts = The legal ground, the order's number, the initiator's name, the contact and the reasons of an extension are in Ukrainian only.
accessibility-known-people = The pages were checked by programs (axe) and with a keyboard; nobody who uses a screen reader has tested them yet.
accessibility-contact = Report a barrier
accessibility-contact-text = Write to the organiser of the polls.

# Regions
region-UA-05 = Vinnytsia region
region-UA-07 = Volyn region
region-UA-09 = Luhansk region
region-UA-12 = Dnipropetrovsk region
region-UA-14 = Donetsk region
region-UA-18 = Zhytomyr region
region-UA-21 = Zakarpattia region
region-UA-23 = Zaporizhzhia region
region-UA-26 = Ivano-Frankivsk region
region-UA-30 = Kyiv
region-UA-32 = Kyiv region
region-UA-35 = Kirovohrad region
region-UA-40 = Sevastopol
region-UA-43 = Autonomous Republic of Crimea
region-UA-46 = Lviv region
region-UA-48 = Mykolaiv region
region-UA-51 = Odesa region
region-UA-53 = Poltava region
region-UA-56 = Rivne region
region-UA-59 = Sumy region
region-UA-61 = Ternopil region
region-UA-63 = Kharkiv region
region-UA-65 = Kherson region
region-UA-68 = Khmelnytskyi region
region-UA-71 = Cherkasy region
region-UA-74 = Chernihiv region
region-UA-77 = Chernivtsi region
tile-UA-05 = Vinn.
tile-UA-07 = Volyn
tile-UA-09 = Luh.
tile-UA-12 = Dnipro
tile-UA-14 = Don.
tile-UA-18 = Zhyt.
tile-UA-21 = Zakar.
tile-UA-23 = Zapor.
tile-UA-26 = Iv.-Fr
tile-UA-30 = Kyiv
tile-UA-32 = Kyiv r
tile-UA-35 = Kirov.
tile-UA-40 = Sevas.
tile-UA-43 = Crimea
tile-UA-46 = Lviv
tile-UA-48 = Mykol.
tile-UA-51 = Odesa
tile-UA-53 = Polt.
tile-UA-56 = Rivne
tile-UA-59 = Sumy
tile-UA-61 = Tern.
tile-UA-63 = Khark.
tile-UA-65 = Khers.
tile-UA-68 = Khmel.
tile-UA-71 = Cherk.
tile-UA-74 = Chrnh.
tile-UA-77 = Chrnv.
