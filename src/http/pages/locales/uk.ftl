# Every page
site = Опитування
skip = Перейти до змісту
nav-pages = Сторінки
nav-polls = Опитування
nav-about = Як це працює
nav-languages = Мова
nav-trail = Шлях
to-polls = До списку опитувань
footer-depersonalised = Підсумки знеособлені: відомостей про те, хто і як відповів, не існує. Ці сторінки не зберігають нічого у вашому браузері й не рахують відвідувачів.
footer-api = Опис API (OpenAPI)
footer-catalogue = Каталог наборів даних (DCAT)
footer-feed = Стрічка новин (Atom)
footer-publisher = Оприлюднює:
footer-licence = Умови повторного використання:
feed-title = Оприлюднені підсумки опитувань
not-found = Сторінки немає
not-found-text = За цією адресою нічого немає. Можливо, адресу скопійовано не повністю.
failed = Сталася помилка
failed-text = Сторінку зараз не вдається показати. Спробуйте за хвилину: оприлюднені підсумки збережено.
busy = Зараз рахуються голоси
busy-text = Голосів надходить так багато, що сторінки поступаються їм місцем. Нічого не втрачено: ця сторінка відкриється сама за кілька секунд.

# Numbers and times
month-1 = січня
month-2 = лютого
month-3 = березня
month-4 = квітня
month-5 = травня
month-6 = червня
month-7 = липня
month-8 = серпня
month-9 = вересня
month-10 = жовтня
month-11 = листопада
month-12 = грудня
date = { $day } { $month } { $year } р.
moment = { $date }, { $time }
less-than-a-minute = менше хвилини
minutes = { $count ->
    [one] { $count } хвилина
    [few] { $count } хвилини
   *[other] { $count } хвилин
  }
hours = { $count ->
    [one] { $count } година
    [few] { $count } години
   *[other] { $count } годин
  }
days = { $count ->
    [one] { $count } день
    [few] { $count } дні
   *[other] { $count } днів
  }

# The list
polls = Опитування
list-lead = Про що запитують, що триває й чим завершилося. Час усюди за Києвом.
search-words = Слова з назви
search-body = Замовник
search-community = Громада
search-any = Усі
search-go = Знайти
search-clear = Очистити
search-flaw = Пошук не вдався: слова мають бути не довші за 200 символів, а решту умов слід обрати зі списку.
stages = Стан опитувань
stage-all = Усі
stage-open = Тривають
stage-upcoming = Заплановані
stage-closed = Завершені
polls-found = { $count ->
    [0] Нічого не знайдено.
    [one] Знайдено { $number } опитування.
   *[other] Знайдено опитувань: { $number }.
  }
pages = Сторінки списку
page-of = Сторінка { $page } з { $pages }
page-before = Попередня
page-after = Наступна

# Where a poll stands
state-upcoming = Заплановано
state-upcoming-sentence = Почнеться { $moment }. До початку: { $left }.
state-open = Триває
state-open-sentence = Триває до { $moment }. Лишилося: { $left }.
state-suspended = Призупинено
state-suspended-sentence = Відповіді тимчасово не приймаються. Завершення: { $moment }, лишилося: { $left }.
state-counting = Підраховується
state-counting-sentence = Завершилося { $moment }. Підсумки готуються.
state-published = Завершено
state-published-sentence = Завершилося { $moment }. Підсумки оприлюднено.
state-withheld = Завершено
state-withheld-sentence = Завершилося { $moment }. Підсумки не оприлюднюються.
state-expired = Завершено
state-expired-sentence = Завершилося { $moment }. Строк зберігання підсумків минув.
test = Пробне
updated = Підсумки оновлено.

# Results
results = Підсумки
results-caption = Частка й кількість відповідей за варіантами
option = Варіант
share = Частка
answers = Відповіді
answers-in-all = усього відповідей
total-answers = { $count ->
    [one] Усього { $number } відповідь.
    [few] Усього { $number } відповіді.
   *[other] Усього { $number } відповідей.
  }
release-live = Проміжні підсумки станом на { $moment }
release-final = Остаточні підсумки станом на { $moment }
corrects = Замінює випуск { $release }: вилучено відповіді, подані під відкликаним ключем.
early-relevance-lost = Опитування завершено достроково: втрата актуальності.
early-technical-error = Опитування завершено достроково: технічна помилка.
early-initiator = Опитування завершено достроково: рішення замовника.
finding = Найчастіша відповідь: «{ $label }», { $share }.
finding-tie = Кілька варіантів набрали порівну: по { $share }.
not-representative = Відповідали охочі, тож підсумки не є репрезентативними для населення. Частки округлено, тому їхня сума може трохи відрізнятися від 100 %.
withdrawn = Оприлюднені раніше підсумки відкликано.
withheld-never = За правилами цього опитування підсумки не оприлюднюються.
withheld-too-few = Відповідей менше, ніж вимагає правило, тому підсумки не оприлюднено.
withheld-no-consent = Замовник не дав згоди на оприлюднення підсумків.
withheld-test = Опитування було пробним: його підсумки не оприлюднюються.
withheld-ended-early = Опитування завершено достроково, і за замовленням його підсумки тоді не оприлюднюються.
withheld-too-close = Підсумки надто близькі до оприлюднених раніше: їх показ дав би змогу дізнатися, як відповіли кілька людей.
nothing-expired = Строк зберігання підсумків минув, їх видалено.
nothing-counting = Опитування завершилося, підсумки готуються.
nothing-test = Опитування пробне: його підсумки не оприлюднюються.
nothing-never = За правилами цього опитування підсумки не оприлюднюються.
nothing-at-close = Підсумки з'являться тут після завершення, якщо відповідей буде щонайменше { $number }.
nothing-live = Проміжні підсумки з'являтимуться тут під час опитування, щойно набереться щонайменше { $number } відповідей.

# Turnout
turnout = Відповіді в часі
turnout-said = Від початку, { $first }, до { $last } надійшло відповідей: { $total }. Кожна сходинка: один випуск підсумків.
as-table = Показати таблицею
release = Випуск
as-of = Станом на

# Breakdowns
by-region = За регіонами
by-age = За віком
by-group = За групами
not-stated = Не зазначено
age-band = { $band } років
age-from = { $from } років і більше
hidden = приховано
hidden-mark = [к]
hidden-said = [к] означає, що число приховано, щоб захистити людей: відповідей тут менше за { $number } або з цього числа можна було б обчислити таке мале. Нуль має такий самий вигляд.
table-withheld = Таблицю не показано: у будь-якому вигляді вона дала б змогу дізнатися про відповіді менш ніж { $number } людей.
left-out = Варіанти, які обрали менш ніж { $number } людей, у таблиці не показано.
map-said = Від { $least } ({ $low }) до { $most } ({ $high }); приховано регіонів: { $hidden }.
map-hidden = Приховано всі регіони: { $hidden }.
legend = Умовні позначення

# About a poll
about-poll = Про опитування
fact-initiator = Замовник
fact-order = Номер замовлення
fact-ground = Правова підстава
fact-procedure = Порядок
fact-period = Період
period = { $from } – { $to }
fact-who = Хто може відповідати
fact-population = Скільки людей це стосується
about-people = близько { $number }
fact-publication = Оприлюднення
fact-breakdowns = Розподіли
breakdowns-by = { $names }; числа, менші за { $count }, приховуються
fact-by-region = за регіонами
fact-by-age = за віком
fact-by-group = за групами
fact-community = Громада
fact-contact = Запитання щодо опитування
who-everybody = усі, кого визначає служба авторизації
who-age = від { $age } років
who-regions = мешканці: { $names }
who-citizens = громадянство: { $names }
who-groups = групи: { $names }
rule-never = Підсумки не оприлюднюються.
rule-at-close = Підсумки оприлюднюються один раз, після завершення.
rule-live = Підсумки оприлюднюються й під час опитування, не частіше ніж раз на { $minutes } хв, а остаточні після завершення.
rule-minimum = Якщо відповідей менше за { $number }, не оприлюднюється нічого.
rule-apart = Між двома випусками щонайменше { $number } відповідей.
rule-early-withheld = Якщо опитування завершено достроково, підсумки не оприлюднюються.
rules = Правила простими словами
notice-link = Повідомлення про обробку персональних даних
history = Перебіг
step-opened = Відкрито.
step-extended = Продовжено
step-extended-to = до { $moment }. Причина: { $reason }
step-suspended = Призупинено.
step-closed = Завершено за планом.
step-closed-relevance = Завершено достроково: втрата актуальності.
step-closed-technical = Завершено достроково: технічна помилка.
step-closed-initiator = Завершено достроково: рішення замовника.
step-published = Оприлюднено остаточні підсумки.
step-corrected = Оприлюднено виправлені підсумки.
step-withdrawn = Підсумки відкликано.
step-erased = Ключі й коди учасників знищено; залишилися тільки суми.
decisions = Рішення за підсумками
document = № { $reference } від { $date }

# Releases, files, proof
releases = Випуски
releases-said = Оприлюднений випуск ніколи не змінюється: виправлення виходить новим випуском і називає той, який замінює.
kind = Вид
kind-live = Проміжні підсумки
kind-final = Остаточні підсумки
kind-withdrawal = Відкликання
in-force = чинний
files = Файли
proof = доказ
data = Дані й перевірка
file-results = Підсумки, підписаний файл (JSON)
file-csv = Підсумки, таблиця (CSV)
file-passport = Паспорт набору даних (JSON)
file-poll = Опитування без підсумків (JSON)
file-definition = Визначення, зафіксоване при відкритті (JSON)
verify = Як перевірити ці підсумки
verify-said = Команди завантажують підсумки, їх місце в публічному журналі й визначення та перевіряють їх без звернення до цього сайту. Ключ для справжньої перевірки отримайте іншим шляхом.
this-site = адреса-цього-сайту
hash = BLAKE3 чинного випуску:

# Processing notice
notice-title = Повідомлення про обробку персональних даних
notice-version = Версія повідомлення:
notice-controller = Володілець персональних даних
notice-processor = Розпорядник персональних даних
notice-location = Де зберігаються дані
notice-contents = Склад і зміст даних
notice-purpose = Мета обробки
notice-ground = Правова підстава
notice-recipients = Кому передаються
notice-abroad = Передання за кордон
notice-retention = Строк зберігання
notice-person = Відповідальна особа
rights = Ваші права
mechanism = Як обробляється відповідь

# How it works
about-title = Як це працює
about-lead = Тут оприлюднюють підсумки електронних опитувань: скільки відповідей надійшло і скільки людей обрали кожен варіант. Хто і як відповів, не знає ніхто.
about-hidden = Чому деякі числа приховано
about-hidden-text = У розподілах за регіонами, віком чи групами числа, менші за { $number }, приховано, бо за ними можна було б упізнати людей. Приховано й ті числа, з яких їх можна обчислити. Нуль має такий самий вигляд, як мале число. Підсумки питання завжди точні.
about-check = Як перевірити підсумки
about-check-text = Кожен випуск підписано ключем Ed25519 і записано в публічний журнал, який лише росте (C2SP tlog-tiles). На сторінці опитування є готові команди. Програма holos verify перевіряє підпис, арифметику, таблиці й місце в журналі без звернення до сервера.
about-key = Ключ, яким підписано підсумки (PEM)
about-log = Контрольна точка публічного журналу
about-data = Дані для програм
about-data-text = Усе, що є на сторінках, є і в API: без ключів і реєстрації. Оновлення опитування можна отримувати подіями (server-sent events).
about-polls = Усі опитування (JSON)
about-register = Реєстр наборів даних (CSV)

# Accessibility statement
accessibility-title = Доступність
accessibility-aim = Сторінки зроблено за вимогами WCAG 2.2 рівня AA; для сайтів органів виконавчої влади обов'язковий ДСТУ EN 301 549:2022 (постанова Кабінету Міністрів України № 757 від 21 липня 2023 р.). Окремої версії для людей з порушеннями зору немає: доступною є звичайна.
accessibility-done = Що зроблено
accessibility-done-charts = Кожна діаграма має таблицю й речення з тим самим змістом; колір ніде не є єдиною ознакою.
accessibility-done-keyboard = Усе доступне з клавіатури; таблиці, ширші за екран, прокручуються стрілками.
accessibility-done-script = Без JavaScript сторінки повні. З ним про нові підсумки повідомляється один раз на випуск.
accessibility-done-look = Сторінки читаються на екрані завширшки 320 пікселів, при збільшенні до 400 %, у темному режимі, у режимі високого контрасту й на папері.
accessibility-known = Що відомо
accessibility-known-texts = Правову підставу, номер замовлення й назву замовника подають лише українською.
accessibility-known-people = Сторінки перевірено програмами (axe) і з клавіатури; перевірки людьми, які користуються програмами читання з екрана, ще не було.
accessibility-contact = Повідомити про перешкоду
accessibility-contact-text = Зверніться до організатора опитувань.

# Regions
region-UA-05 = Вінницька область
region-UA-07 = Волинська область
region-UA-09 = Луганська область
region-UA-12 = Дніпропетровська область
region-UA-14 = Донецька область
region-UA-18 = Житомирська область
region-UA-21 = Закарпатська область
region-UA-23 = Запорізька область
region-UA-26 = Івано-Франківська область
region-UA-30 = Київ
region-UA-32 = Київська область
region-UA-35 = Кіровоградська область
region-UA-40 = Севастополь
region-UA-43 = Автономна Республіка Крим
region-UA-46 = Львівська область
region-UA-48 = Миколаївська область
region-UA-51 = Одеська область
region-UA-53 = Полтавська область
region-UA-56 = Рівненська область
region-UA-59 = Сумська область
region-UA-61 = Тернопільська область
region-UA-63 = Харківська область
region-UA-65 = Херсонська область
region-UA-68 = Хмельницька область
region-UA-71 = Черкаська область
region-UA-74 = Чернігівська область
region-UA-77 = Чернівецька область
tile-UA-05 = Вінн.
tile-UA-07 = Вол.
tile-UA-09 = Луг.
tile-UA-12 = Дніпр.
tile-UA-14 = Дон.
tile-UA-18 = Жит.
tile-UA-21 = Закар.
tile-UA-23 = Запор.
tile-UA-26 = Ів.-Фр
tile-UA-30 = Київ
tile-UA-32 = Київщ.
tile-UA-35 = Кіров.
tile-UA-40 = Севас.
tile-UA-43 = Крим
tile-UA-46 = Львів.
tile-UA-48 = Микол.
tile-UA-51 = Одес.
tile-UA-53 = Полт.
tile-UA-56 = Рівн.
tile-UA-59 = Сум.
tile-UA-61 = Терн.
tile-UA-63 = Харк.
tile-UA-65 = Херс.
tile-UA-68 = Хмел.
tile-UA-71 = Черк.
tile-UA-74 = Чрнг.
tile-UA-77 = Чрнв.
