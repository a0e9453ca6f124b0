//! The sheet of paper a trustee keeps: what it is, what opens their layers, and how two trustees open a
//! share with stock age. It has to make sense in thirty years, without this program.

use crate::sealing::export::ExportRecipient;
use crate::sealing::hybrid::HybridRecipient;
use crate::sealing::secret::SecretText;
use crate::sealing::shares::Holder;
use crate::sealing::shares::Lock;

/// Columns of a sheet, for A4 in a typewriter's letters.
const COLUMNS: usize = 76;
/// More than the longest sheet, so that it never grows and leaves a copy behind.
const CAPACITY: usize = 16 * 1024;
/// Words of a passphrase on a line.
const WORDS_A_LINE: usize = 5;
/// What the words stand under.
const HEADING: &str = "YOUR PASSPHRASE";
/// As much of a recipient as tells it from others.
const RECIPIENT_START: usize = 23;

/// The sheet of the holder at `at`; `recovery` tells one set of shares from another.
pub(crate) fn text(holders: &[Holder<'_>], at: usize, recovery: &HybridRecipient) -> SecretText {
    let mut sheet = Sheet(String::with_capacity(CAPACITY));
    if let Some(own) = holders.get(at) {
        sheet.heading(own, recovery, holders.len());
        sheet.lock(own);
        for (other_at, other) in holders.iter().enumerate() {
            if other_at > at {
                sheet.pair(own, other, own);
            } else if other_at < at {
                sheet.pair(other, own, own);
            }
        }
        sheet.ending();
    }
    SecretText::new(sheet.0)
}

/// The words in a text: on a trustee's sheet those under its heading, otherwise all there are; small letters, one
/// space between two, as they were sealed under.
pub fn words_on(text: &str) -> SecretText {
    let mut words = String::with_capacity(text.len().min(CAPACITY));
    let under = text.split_once(HEADING).map(|(_, under)| under);
    let lines = under.unwrap_or(text).lines();
    let all = lines.skip_while(|line| line.trim().is_empty());
    for line in all.take_while(|line| under.is_none() || line.starts_with("    ")) {
        for word in line.split_whitespace() {
            if !words.is_empty() {
                words.push(' ');
            }
            words.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
        }
    }
    SecretText::new(words)
}

struct Sheet(String);

impl Sheet {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn title(&mut self, text: &str) {
        self.0.push('\n');
        self.line(text);
    }

    fn paragraph(&mut self, text: &str) {
        let indented = textwrap::Options::new(COLUMNS)
            .initial_indent("  ")
            .subsequent_indent("  ");
        self.line(&textwrap::fill(text, indented));
    }

    fn heading(&mut self, own: &Holder<'_>, recovery: &HybridRecipient, count: usize) {
        self.line("TRUSTEE'S SHEET FOR A STRONGROOM VAULT");
        self.0.push('\n');
        self.line(&format!("  For:     {}", own.name));
        self.line(&format!("  Set:     {}", start(&recovery.to_string())));
        self.line("  Centre:  ______________________________  Date:  ________________");
        self.title("WHAT THIS IS");
        self.paragraph(&format!(
            "If nobody at the centre can open its vault of records any more, any two of its {count} \
             trustees can bring it back together. Nobody can do it alone. The line 'Set' is the same \
             on all sheets that belong together."
        ));
    }

    fn lock(&mut self, own: &Holder<'_>) {
        match &own.lock {
            Lock::Sheet(words, _) => self.passphrase(words),
            Lock::Own(recipient) => self.own_key(recipient),
        }
    }

    fn passphrase(&mut self, words: &SecretText) {
        self.title(HEADING);
        let words: Vec<&str> = words.expose().split(' ').collect();
        for line in words.chunks(WORDS_A_LINE) {
            self.0.push_str("   ");
            for word in line {
                self.0.push(' ');
                self.0.push_str(word);
            }
            self.0.push('\n');
        }
        self.paragraph(
            "Type all the words on one line, in small letters, with one space between two. The \
             screen shows nothing while you type. This was opened once to check that it works.",
        );
    }

    fn own_key(&mut self, recipient: &ExportRecipient) {
        self.title("YOUR KEY");
        self.paragraph(
            "Your files are sealed to a key of your own, so this sheet has no passphrase. Without \
             the file that holds the secret half of this key, your share is worth nothing:",
        );
        self.line(&format!("    {}", start(&recipient.to_string())));
        self.paragraph(
            "Only you can open what is sealed to it, so it has NOT been tried; only its form has \
             been checked. Check today that you still have the key. This command must print a line \
             that begins with the text above:",
        );
        self.line("    age-keygen -y YOUR-KEY-FILE");
        self.paragraph(if recipient.is_post_quantum() {
            "The key is of the post-quantum sort, which needs age 1.3 or later."
        } else {
            "The key is of the older sort, which a future quantum computer may break. Then the other \
             trustee's part alone protects the files you share; keep them from strangers."
        });
    }

    /// How `first` and `second`, one of them the sheet's owner, open their file.
    fn pair(&mut self, first: &Holder<'_>, second: &Holder<'_>, own: &Holder<'_>) {
        let is_first = std::ptr::eq(first, own);
        let other = if is_first { second.name } else { first.name };
        let (order, one, two, first_has, second_has) = if is_first {
            let two = format!("2. Then give inner.age to {other}, who types, with their");
            (
                "you open it first",
                "1. You type, with your".to_owned(),
                two,
                "YOUR",
                "THEIR",
            )
        } else {
            let one = format!("1. {other} types, with their");
            let two = "2. Then you get inner.age and type, with your".to_owned();
            ("they open it first", one, two, "THEIR", "YOUR")
        };
        let file = first.pair_file(second);
        self.title(&format!("YOUR FILE WITH {}", other.to_uppercase()));
        self.line(&format!("    {file}"));
        self.paragraph(&format!(
            "The order is fixed: {order}. Any other order fails."
        ));
        self.paragraph(&format!("{one} {}:", opener(&first.lock)));
        self.command(&first.lock, first_has, "inner.age", &file);
        self.paragraph(&format!("{two} {}:", opener(&second.lock)));
        self.command(&second.lock, second_has, "recovery.txt", "inner.age");
    }

    fn command(&mut self, lock: &Lock<'_>, whose: &str, out: &str, file: &str) {
        let key = match lock {
            Lock::Sheet(..) => String::new(),
            Lock::Own(_) => format!(" -i {whose}-KEY-FILE"),
        };
        self.line(&format!("    age -d{key} -o {out} {file}"));
    }

    fn ending(&mut self) {
        self.title("HOW TO OPEN A FILE");
        self.paragraph(
            "Meet in one room, at one computer that is cut off from every network and will be erased \
             afterwards. You need the program age (age-encryption.org), or any other that reads age \
             files, and nothing else. The file recovery.txt then holds the key to every record: \
             whoever has it can read all. Use it as the guide for restoring a vault says, write down \
             who was there, when and why, and then destroy inner.age, recovery.txt and every copy. \
             Afterwards new shares must be made.",
        );
        self.title("HOW TO REHEARSE, ONCE A YEAR");
        self.paragraph(
            "Beside each file lies one whose name ends in .rehearsal.age. The same words and keys open \
             it in the same order, and it holds no key. Each of you opens your layer at a computer you \
             trust, for the words are the real ones; then the centre writes it down:",
        );
        self.line("    strongroom recovery rehearse --share FILE.rehearsal.age");
        self.paragraph(
            "With age: the commands above, with that file's name and rehearsal.txt in the place of \
             recovery.txt. It went well if the first line of rehearsal.txt is:",
        );
        self.line("    # strongroom rehearsal, version 1");
        self.title("KEEP");
        self.paragraph(
            "This sheet: on paper, in a sealed envelope with your signature across the flap, in a \
             safe or with your papers of value, at your place and not at the centre. Your files: on \
             a memory stick with the sheet; the other trustee of the pair and the centre may keep \
             copies, for a file says nothing without both sheets. Look once a year that all is there.",
        );
        self.title("NEVER");
        for rule in [
            "Never photograph, scan, copy or type this sheet, except to open a file.",
            "Never keep two trustees' sheets in one place, and never show yours to another.",
            "Never send inner.age or recovery.txt by post, mail or message.",
            "Never open a share to try it: that lays the key bare. Rehearse instead.",
            "If a sheet is lost or seen, or a trustee leaves, say so the same day: the centre then \
             makes a new recovery key, for new shares alone would leave the old ones valid.",
        ] {
            let item = textwrap::Options::new(COLUMNS)
                .initial_indent("  - ")
                .subsequent_indent("    ");
            self.line(&textwrap::fill(rule, item));
        }
    }
}

fn start(text: &str) -> String {
    match text.get(..RECIPIENT_START) {
        Some(start) if text.len() > COLUMNS => format!("{start}..."),
        _ => text.to_owned(),
    }
}

fn opener(lock: &Lock<'_>) -> &'static str {
    match lock {
        Lock::Sheet(..) => "passphrase",
        Lock::Own(_) => "own key",
    }
}
