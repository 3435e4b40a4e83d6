//! The rights of a data subject: law of Ukraine "On Personal Data Protection", article 8, part 2.
//!
//! In the order and with the numbers of the law, its wording shortened where the meaning stays. The
//! text of the law decides.

use super::FixedText;

/// The 13 rights.
pub const RIGHTS: [FixedText; 13] = [
    FixedText {
        uk: "Знати про джерела збирання, місцезнаходження своїх персональних даних, мету їх \
             обробки, місцезнаходження або місце проживання володільця чи розпорядника \
             персональних даних або доручити отримання цієї інформації уповноваженій особі, крім \
             випадків, встановлених законом.",
        en: "To know the sources from which your personal data are collected, where they are kept, \
             the purpose of their processing, and the location or residence of their controller or \
             processor, or to authorise another person to obtain this information, except as \
             provided by law.",
    },
    FixedText {
        uk: "Отримувати інформацію про умови надання доступу до персональних даних, зокрема про \
             третіх осіб, яким передаються ваші персональні дані.",
        en: "To be informed of the conditions under which access to personal data is given, \
             including the third parties to whom your personal data are transferred.",
    },
    FixedText {
        uk: "На доступ до своїх персональних даних.",
        en: "To have access to your personal data.",
    },
    FixedText {
        uk: "Отримувати не пізніш як за тридцять календарних днів з дня надходження запиту, крім \
             випадків, передбачених законом, відповідь про те, чи обробляються ваші персональні \
             дані, а також отримувати зміст таких персональних даних.",
        en: "To receive, not later than thirty calendar days after your request, except as \
             provided by law, an answer whether your personal data are processed, and the content \
             of these data.",
    },
    FixedText {
        uk: "Пред'являти вмотивовану вимогу володільцю персональних даних із запереченням проти \
             обробки своїх персональних даних.",
        en: "To present to the controller a reasoned objection to the processing of your personal \
             data.",
    },
    FixedText {
        uk: "Пред'являти вмотивовану вимогу щодо зміни або знищення своїх персональних даних \
             будь-яким володільцем та розпорядником, якщо ці дані обробляються незаконно чи є \
             недостовірними.",
        en: "To present to any controller or processor a reasoned demand to change or destroy your \
             personal data, if they are processed unlawfully or are inaccurate.",
    },
    FixedText {
        uk: "На захист своїх персональних даних від незаконної обробки та випадкової втрати, \
             знищення, пошкодження у зв'язку з умисним приховуванням, ненаданням чи несвоєчасним \
             їх наданням, а також на захист від надання відомостей, що є недостовірними чи \
             ганьблять честь, гідність та ділову репутацію фізичної особи.",
        en: "To have your personal data protected from unlawful processing and from accidental \
             loss, destruction or damage through their wilful concealment, withholding or late \
             provision, and to be protected from information that is inaccurate or discredits your \
             honour, dignity and business reputation.",
    },
    FixedText {
        uk: "Звертатися із скаргами на обробку своїх персональних даних до Уповноваженого \
             Верховної Ради України з прав людини або до суду.",
        en: "To complain about the processing of your personal data to the Ukrainian Parliament \
             Commissioner for Human Rights or to a court.",
    },
    FixedText {
        uk: "Застосовувати засоби правового захисту в разі порушення законодавства про захист \
             персональних даних.",
        en: "To use legal remedies when the legislation on personal data protection is violated.",
    },
    FixedText {
        uk: "Вносити застереження стосовно обмеження права на обробку своїх персональних даних під \
             час надання згоди.",
        en: "To make reservations, when you give consent, that limit the right to process your \
             personal data.",
    },
    FixedText {
        uk: "Відкликати згоду на обробку персональних даних.",
        en: "To withdraw your consent to the processing of personal data.",
    },
    FixedText {
        uk: "Знати механізм автоматичної обробки персональних даних.",
        en: "To know the mechanism by which personal data are processed automatically.",
    },
    FixedText {
        uk: "На захист від автоматизованого рішення, яке має для вас правові наслідки.",
        en: "To be protected from an automated decision that has legal effects for you.",
    },
];
