//! What a person's card has to be before it is sealed.

use crate::records::check::scalar::is_printable;
use crate::records::dates;
use crate::records::person::Judgement;
use crate::records::person::PartCard;
use crate::records::person::PersonCard;

/// The longest name, in characters.
const NAME: usize = 500;
/// The longest of any other text.
const TEXT: usize = 2000;
/// How many of a sort there may be: names, ways to reach somebody, alerts.
const MANY: usize = 100;

impl PersonCard {
    /// Whether everything on it is fit to be kept.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn check(&self) -> Result<(), String> {
        for name in self.names() {
            line(name, ("a name", NAME))?;
        }
        if let Some(born) = &self.born {
            dates::date(born).map_err(|error| format!("the date of birth: {error}"))?;
        }
        for text in self.representation.iter().chain(&self.needs) {
            line(text, ("this", TEXT))?;
        }
        for relation in &self.relations {
            line(&relation.is, ("a relation", NAME))?;
        }
        for evidence in self
            .responsibility
            .iter()
            .filter_map(|one| one.evidence.as_ref())
        {
            line(evidence, ("what shows parental responsibility", TEXT))?;
        }
        for contact in &self.contacts {
            line(&contact.value, ("an address or number", TEXT))?;
        }
        let counts = [
            self.former.len(),
            self.relations.len(),
            self.responsibility.len(),
            self.contacts.len(),
        ];
        few(&counts)
    }
}

impl PartCard {
    /// As [`PersonCard::check`].
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        for alert in &self.alerts {
            line(alert, ("an alert", TEXT))?;
        }
        for text in self.about.iter().chain(&self.ended) {
            line(text, ("this", TEXT))?;
        }
        few(&[self.alerts.len()])
    }
}

impl Judgement {
    /// As [`PersonCard::check`].
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        match &self.reason {
            Some(reason) => line(reason, ("a reason", TEXT)),
            None if self.same => Ok(()),
            None => Err("say why they are two people (--reason)".to_owned()),
        }
    }
}

fn line(text: &str, (what, most): (&str, usize)) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(format!("{what} must not be blank"));
    }
    if !text.chars().all(is_printable) {
        return Err(format!("{what} is one line of printable text"));
    }
    let length = text.chars().count();
    if length > most {
        return Err(format!(
            "{what} has at most {most} characters; this one has {length}"
        ));
    }
    Ok(())
}

fn few(counts: &[usize]) -> Result<(), String> {
    if counts.iter().any(|count| *count > MANY) {
        return Err(format!("there are at most {MANY} of each sort on one card"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str) -> Result<(), String> {
        PersonCard {
            name: name.to_owned(),
            ..PersonCard::default()
        }
        .check()
    }

    #[test]
    fn any_name_of_one_line_is_taken_as_it_is() {
        for name in [
            "محمد علي",
            "Nguye\u{302}\u{303}n",
            "\u{202e}evil",
            "A\u{200d}B",
            &"x".repeat(500),
        ] {
            assert_eq!(check(name), Ok(()), "{name:?}");
        }
        for name in ["", "  ", "a\nb", "a\u{7}b", "a\u{2028}b", &"x".repeat(501)] {
            assert!(check(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn dates_are_real() {
        let born = |text: &str| {
            PersonCard {
                name: "A".to_owned(),
                born: Some(text.to_owned()),
                ..PersonCard::default()
            }
            .check()
        };
        assert_eq!(born("2019-02-28"), Ok(()));
        assert!(born("2019-02-30").is_err());
        assert!(born("28/02/2019").is_err());
    }
}
