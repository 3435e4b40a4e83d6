//! How a ballot is processed, in words for its voter (the right of number 12).
//!
//! It states what the engine does. Whoever changes that way changes this text with it.

use super::FixedText;

/// The mechanism of automated processing.
pub const MECHANISM: FixedText = FixedText {
    uk: "Відповіді рахує програма, без участі людини. Сервіс, у якому ви авторизувалися, передає \
         не ваше ім'я, а псевдонім (в окремих опитуваннях номер платника податків) і лише ті \
         відомості, яких потребують умови участі та розподіл підсумків: вік, регіон, громадянство, \
         групу. Програма перевіряє умови участі й одразу замінює псевдонім кодом: хешем під \
         секретним ключем, окремим для кожного опитування. Код потрібен лише для того, щоб \
         зарахувати кожного один раз; порівняти коди різних опитувань неможливо. Ваш вибір \
         додається до загальних сум, а якщо замовлення це передбачає і ви не заперечили, то й до \
         сум за регіонами чи віком. Запис, у якому код і вибір стоять поруч, зберігається лише \
         зашифрованим і лише доти, доки вибір не додано до сум; після цього його ключ знищується. \
         Після завершення опитування та визначеного строку знищуються ключі й коди; залишаються \
         тільки суми. Крім перевірки умов участі, жодного рішення щодо вас програма не ухвалює.",
    en: "Answers are counted by a program, without people taking part. The service in which you \
         signed in passes on not your name but a pseudonym (in some polls, your taxpayer number), \
         and only those facts that the conditions for taking part and the breakdown of totals \
         need: age, region, citizenship, group. The program checks the conditions and at once \
         replaces the pseudonym by a code: a hash under a secret key that is another one for each \
         poll. The code serves only to count each person once; codes of different polls cannot be \
         compared. Your choice is added to the overall sums and, where the order provides for it \
         and you did not decline, to the sums by region or age. A record in which code and choice \
         stand side by side is kept only encrypted, and only until the choice is added to the \
         sums; then its key is destroyed. After the poll has closed and the stated period has \
         passed, the keys and the codes are destroyed; only sums remain. Apart from checking the \
         conditions for taking part, the program makes no decision about you.",
};
