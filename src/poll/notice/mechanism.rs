//! How a ballot is processed, in words for its voter (the right of number 12).
//!
//! It states what the engine does. Whoever changes that way changes this text with it.

use super::FixedText;

/// The mechanism of automated processing.
pub const MECHANISM: FixedText = FixedText {
    uk: "Відповіді рахує програма, без участі людини. Сервіс, у якому ви авторизувалися, передає замість \
         вашої особи псевдонім. Програма перевіряє умови участі та одразу замінює псевдонім кодом: \
         хешем під секретним ключем, окремим для кожного опитування. Код потрібен лише для того, щоб \
         зарахувати кожного один раз; порівняти коди різних опитувань неможливо. Ваш вибір додається \
         до загальних сум, і, якщо ви не заперечили, до сум за регіонами чи віком, якщо замовлення їх \
         передбачає. Запис, у якому код і вибір стоять поруч, зберігається лише зашифрованим і лише \
         доти, доки вибір не зведено в суми; після цього його ключ знищують. Після завершення \
         опитування та встановленого строку ключі й коди знищуються; залишаються тільки суми. \
         Жодного рішення щодо вас програма не ухвалює.",
    en: "Answers are counted by a program, without people taking part. The service in which you signed in \
         passes on a pseudonym instead of your identity. The program checks the conditions for taking \
         part and at once replaces the pseudonym by a code: a hash under a secret key that is another \
         one for each poll. The code serves only to count each person once; codes of different polls \
         cannot be compared. Your choice is added to the overall sums and, unless you declined, to \
         sums by region or age where the order asks for them. A record in which code and choice stand \
         side by side is kept only encrypted and only until the choice is added to the sums; then its \
         key is destroyed. After the poll has closed and the stated period has passed, the keys and \
         the codes are destroyed; only sums remain. The program makes no decision about you.",
};
