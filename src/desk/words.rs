//! What is shown of a record: its whole form, or its card's words where no more is for the reader.

use serde_json::Value;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::versions::Body;
use crate::desk::versions::OpenedRecord;
use crate::keeper::facts::Role;
use crate::keeper::rules::Rules;
use crate::records::Card;
use crate::records::Form;
use crate::records::Kinds;
use crate::sealing::Manifest;

/// A record's words.
pub(crate) struct Words {
    pub(crate) fields: Value,
    pub(crate) text: String,
    /// Why it was corrected, if it was.
    pub(crate) reason: Option<String>,
    /// Whether this is all of it.
    pub(crate) whole: bool,
}

impl Words {
    /// The whole form, set in lines of `width` columns.
    pub(crate) fn of_form(
        opened: &OpenedRecord,
        manifest: &Manifest,
        width: usize,
    ) -> Result<Self, DeskError> {
        let unreadable = || DeskError::damaged("the record's form cannot be read");
        let body: Body = serde_json::from_slice(opened.content(manifest.version, 2)?.expose())
            .map_err(|_| unreadable())?;
        let form = Form::from_stored(&manifest.kind, manifest.kind_version, body.form)
            .map_err(|_| unreadable())?;
        let kind = Kinds::builtin().of(&form);
        Ok(Self {
            text: kind.map_or_else(String::new, |kind| kind.render(&form, width)),
            fields: form.to_json(),
            reason: body.reason,
            whole: true,
        })
    }

    /// What the card says, and that there is more which is not for this reader.
    pub(crate) fn of_card(card: &Card) -> Result<Self, DeskError> {
        let lines = [
            Some(&card.title),
            card.subtitle.as_ref(),
            card.event_date.as_ref(),
        ];
        let mut text: Vec<&str> = lines.into_iter().flatten().map(String::as_str).collect();
        text.push("");
        text.push("Only this summary is shown of records of this kind.");
        Ok(Self {
            text: format!("{}\n", text.join("\n")),
            fields: crate::desk::seal::json(card)?,
            reason: None,
            whole: false,
        })
    }
}

impl Desk<'_> {
    /// Whether this person is shown no more than the card of records of a kind: an outsider, where the kind
    /// says what others may know of it.
    pub(crate) fn sees_card_only(&self, kind: &str) -> bool {
        self.account.is(Role::Assessor) && Rules::from_kinds(Kinds::builtin()).of(kind).card_only
    }
}
