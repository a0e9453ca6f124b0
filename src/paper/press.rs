//! From a document to a PDF: checked, laid out, written.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use typst::diag::SourceDiagnostic;
use typst::foundations::Datetime;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;
use typst_pdf::PdfStandard;
use typst_pdf::PdfStandards;
use typst_pdf::Timestamp;

use crate::paper::Document;
use crate::paper::Failure;
use crate::paper::Imprint;
use crate::paper::Printed;
use crate::paper::layout::Sheet;
use crate::paper::world::OneDocument;

pub(crate) fn print(document: &Document, imprint: &Imprint) -> Result<Printed, Failure> {
    let timestamp = timestamp(imprint.made_at).ok_or(Failure::Date)?;
    let (sheet, warnings) = Sheet::of(document);
    let data = serde_json::to_vec(&sheet).map_err(|_| bug())?;
    let world = OneDocument::new(data).ok_or_else(bug)?;
    let _forgetting = Forgetting;
    // What sets type may panic on what nobody foresaw; its words could hold what was to be set.
    let (pdf, pages) = catch_unwind(AssertUnwindSafe(|| set(&world, imprint, timestamp)))
        .unwrap_or_else(|_| Err(bug()))?;
    Ok(Printed {
        pdf,
        pages,
        warnings,
    })
}

fn set(
    world: &OneDocument,
    imprint: &Imprint,
    timestamp: Timestamp,
) -> Result<(Vec<u8>, usize), Failure> {
    let laid_out = typst::compile::<PagedDocument>(world);
    debug_assert!(laid_out.warnings.is_empty(), "{:?}", laid_out.warnings);
    let pages = laid_out.output.map_err(|errors| why(&errors))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]);
    let options = PdfOptions {
        ident: Smart::Custom(imprint.ident.clone()),
        creator: Smart::Custom(Some("Strongroom".to_owned())),
        timestamp: Some(timestamp),
        standards: standards.map_err(|_| bug())?,
        ..PdfOptions::default()
    };
    let pdf = typst_pdf::pdf(&pages, &options).map_err(|errors| why(&errors))?;
    Ok((pdf, pages.pages().len()))
}

/// Lets go of what is kept for a next document of the same kind: it holds this one's text.
struct Forgetting;

impl Drop for Forgetting {
    fn drop(&mut self) {
        comemo::evict(0);
    }
}

fn timestamp(seconds: i64) -> Option<Timestamp> {
    let moment = jiff::Timestamp::from_second(seconds).ok()?;
    let moment = jiff::tz::Offset::UTC.to_datetime(moment);
    let part = |part: i8| u8::try_from(part).ok();
    let moment = Datetime::from_ymd_hms(
        i32::from(moment.year()),
        part(moment.month())?,
        part(moment.day())?,
        part(moment.hour())?,
        part(moment.minute())?,
        part(moment.second())?,
    )?;
    Some(Timestamp::new_utc(moment))
}

/// Which rule it was. What stands in quotation marks may be content, and then nothing is said.
fn why(errors: &[SourceDiagnostic]) -> Failure {
    let rule = errors.first().map(|error| error.message.to_string());
    let rule = rule.filter(|rule| !rule.contains(['"', '`', '“']));
    Failure::Unset(rule.unwrap_or_default())
}

fn bug() -> Failure {
    Failure::Unset(String::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::Row;
    use crate::paper::Section;

    fn document(text: &str) -> Document {
        Document {
            title: "Report".to_owned(),
            sections: vec![Section {
                heading: String::new(),
                rows: vec![Row::text("Words", text)],
            }],
            ..Document::default()
        }
    }

    /// The planted control: without the check a sign nobody draws ends the whole document.
    #[test]
    fn unchecked_text_fails_and_the_failure_does_not_repeat_it() {
        let imprint = Imprint {
            ident: "test".to_owned(),
            made_at: 0,
        };
        let data = |instead: &str| {
            let (sheet, _) = Sheet::of(&document("MARKER"));
            let json = serde_json::to_string(&sheet).unwrap();
            OneDocument::new(json.replace("MARKER", instead).into_bytes()).unwrap()
        };
        let set = |instead: &str| set(&data(instead), &imprint, timestamp(0).unwrap());
        assert!(set("drawn").is_ok());
        let Err(failure) = set("secret 😀 words") else {
            panic!("a missing sign was let through");
        };
        assert!(!failure.to_string().contains("secret"), "{failure}");
        assert!(print(&document("secret 😀 words"), &imprint).is_ok());
    }
}
