# Every page
site = Polls
skip = Skip to content
nav-pages = Pages
nav-polls = Polls
nav-about = How it works
nav-languages = Language
nav-trail = Path
to-polls = To the list of polls
footer-depersonalised = The totals are depersonalised: no record of who answered what exists. These pages store nothing in your browser and do not count visitors.
footer-api = API description (OpenAPI)
footer-catalogue = Dataset catalogue (DCAT)
footer-feed = News feed (Atom)
footer-publisher = Published by
footer-licence = Terms of re-use:
feed-title = Published totals of polls
not-found = There is no such page
not-found-text = There is nothing at this address. Perhaps it was not copied whole.
failed = Something went wrong
failed-text = The page cannot be shown now. Try again in a minute: published totals are safe.
busy = Votes are being counted
busy-text = So many votes are coming in that pages give way to them. Nothing is lost: this page will open by itself in a few seconds.

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
list-lead = What is asked, what is going on, what came of it. All times are Kyiv time.
search-words = Words of the title
search-body = Initiator
search-community = Community
search-any = All
search-go = Search
search-clear = Clear
search-flaw = The search cannot be made: words must be at most 200 characters long, and the other conditions chosen from the lists.
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
state-upcoming-sentence = Opens on { $moment }, in { $left }.
state-open = Open
state-open-sentence = Open until { $moment }. Time left: { $left }.
state-suspended = Suspended
state-suspended-sentence = No answers are taken for the moment. It closes on { $moment }; time left: { $left }.
state-counting = Counting
state-counting-sentence = Closed on { $moment }. The totals are being made.
state-published = Closed
state-published-sentence = Closed on { $moment }. The totals are published.
state-withheld = Closed
state-withheld-sentence = Closed on { $moment }. The totals are not published.
state-expired = Closed
state-expired-sentence = Closed on { $moment }. The totals are no longer kept.
test = Test
updated = The totals were updated.

# Results
results = Results
results-caption = Share and number of answers by option
option = Option
share = Share
answers = Answers
answers-in-all = answers in all
total-answers = { $count ->
    [one] { $number } answer in all.
   *[other] { $number } answers in all.
  }
release-live = Provisional totals as of { $moment }
release-final = Final totals as of { $moment }
corrects = Replaces release { $release }: answers that came under a revoked key were taken out.
early-relevance-lost = The poll ended early: it lost its relevance.
early-technical-error = The poll ended early: a technical error occurred.
early-initiator = The poll ended early: the initiator decided so.
finding = The most frequent answer: “{ $label }”, { $share }.
finding-tie = Several options have as many answers: { $share } each.
not-representative = Whoever wanted to answered, so the totals do not represent the population. Shares are rounded and may not add up to exactly 100%.
withdrawn = The totals published before were withdrawn.
withheld-never = By the rules of this poll its totals are not published.
withheld-too-few = There are fewer answers than the rule asks for, so the totals are not published.
withheld-no-consent = The initiator has not consented to the publication of the totals.
withheld-test = The poll was a test: its totals are not published.
withheld-ended-early = The poll ended early, and by its order the totals are then not published.
withheld-too-close = The totals lie too close to those published before: to show them would tell how a few people answered.
nothing-expired = The term for which the totals are kept is over; they were deleted.
nothing-counting = The poll has closed, and its totals are being made.
nothing-test = The poll is a test: its totals are not published.
nothing-never = By the rules of this poll its totals are not published.
nothing-at-close = The totals will be here after the poll closes, if there are at least { $number } answers.
nothing-live = Provisional totals will be here while the poll goes on, as soon as there are at least { $number } answers.

# Turnout
turnout = Answers over time
turnout-said = From the opening, { $first }, to { $last }, { $total } answers came in. Each step is one release of totals.
as-table = Show as a table
release = Release
as-of = As of

# Breakdowns
by-region = By region
by-age = By age
by-group = By group
not-stated = Not stated
age-band = { $band } years
age-from = { $from } years and over
hidden = hidden
hidden-mark = [c]
hidden-said = [c] means that the number is hidden to protect people: there are fewer than { $number } answers, or so small a number could be computed from this one. Zero looks the same.
table-withheld = The table is not shown: in any form it would tell of the answers of fewer than { $number } people.
left-out = Options that fewer than { $number } people chose are left out of the table.
map-said = From { $least } ({ $low }) to { $most } ({ $high }); regions hidden: { $hidden }.
map-hidden = All regions are hidden: { $hidden }.
legend = Key

# About a poll
about-poll = About the poll
fact-initiator = Initiator
fact-order = Order number
fact-ground = Legal ground
fact-procedure = Procedure
fact-period = Period
period = { $from } – { $to }
fact-who = Who may answer
fact-population = How many people it concerns
about-people = about { $number }
fact-publication = Publication
fact-breakdowns = Breakdowns
breakdowns-by = { $names }; numbers below { $count } are hidden
fact-by-region = by region
fact-by-age = by age
fact-by-group = by group
fact-community = Community
fact-contact = Questions about the poll
who-everybody = everybody whom the sign-in service knows
who-age = { $age } years or older
who-regions = residents of { $names }
who-citizens = citizenship: { $names }
who-groups = groups: { $names }
rule-never = The totals are not published.
rule-at-close = The totals are published once, after the poll closes.
rule-live = The totals are published while the poll goes on, at most every { $minutes } min, and finally after it closes.
rule-minimum = With fewer than { $number } answers nothing is published.
rule-apart = Between two releases lie at least { $number } answers.
rule-early-withheld = If the poll ends early, the totals are not published.
rules = The rules in plain words
notice-link = Notice of the processing of personal data
history = What happened
step-opened = Opened.
step-extended = Extended
step-extended-to = to { $moment }. Reason: { $reason }
step-suspended = Suspended.
step-closed = Closed as planned.
step-closed-relevance = Ended early: it lost its relevance.
step-closed-technical = Ended early: a technical error occurred.
step-closed-initiator = Ended early: the initiator decided so.
step-published = Final totals published.
step-corrected = Corrected totals published.
step-withdrawn = Totals withdrawn.
step-erased = Keys and codes of participants destroyed; only sums are left.
decisions = Decisions that followed
document = No. { $reference } of { $date }

# Releases, files, proof
releases = Releases
releases-said = A published release never changes: a correction comes as a new release and names the one that it replaces.
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
file-definition = The definition, frozen at the opening (JSON)
verify = How to verify these results
verify-said = The commands download the results, their place in the public log and the definition, and check them without asking this site. For a real check get the key on another way.
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
mechanism = How an answer is processed

# How it works
about-title = How it works
about-lead = Totals of e-polls are published here: how many answers there were, and how many people chose each option. Who answered what, nobody knows.
about-hidden = Why some numbers are hidden
about-hidden-text = In breakdowns by region, age or group, numbers below { $number } are hidden, because people could be recognised by them. So are numbers from which those could be computed. Zero looks the same as a small number. The totals of a question are always exact.
about-check = How to verify results
about-check-text = Each release is signed with an Ed25519 key and stands in a public log that only grows (C2SP tlog-tiles). The page of each poll has the commands. The program holos verify checks the signature, the sums, the tables and the place in the log without asking the server.
about-key = The key that signs results (PEM)
about-log = Checkpoint of the public log
about-data = Data for programs
about-data-text = Everything on these pages is in the API too, without keys or registration. Changes of a poll can be followed as server-sent events.
about-polls = All polls (JSON)
about-register = Register of datasets (CSV)

# Accessibility statement
accessibility-title = Accessibility
accessibility-aim = These pages are made to WCAG 2.2, level AA; for sites of executive bodies DSTU EN 301 549:2022 is binding (Resolution of the Cabinet of Ministers of Ukraine No. 757 of 21 July 2023). There is no separate version for people with impaired sight: the ordinary one is accessible.
accessibility-done = What was done
accessibility-done-charts = Each chart has a table and a sentence that say the same; colour is never the only sign.
accessibility-done-keyboard = Everything can be reached with a keyboard; tables wider than the screen scroll with the arrow keys.
accessibility-done-script = Without JavaScript the pages are complete. With it, new totals are announced once a release.
accessibility-done-look = The pages can be read on a screen 320 pixels wide, enlarged to 400%, in dark mode, in high contrast and on paper.
accessibility-known = What is known
accessibility-known-texts = The legal ground, the order's number and the initiator's name are in Ukrainian only.
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
