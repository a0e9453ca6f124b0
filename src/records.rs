//! Kinds of record as data, and the forms people fill in.
//!
//! A kind is a file under `records/kinds`: who may file and read it, how long it is kept, its fields and
//! their rules. Nothing here is written for one kind; a centre's new kind is a new file. This room
//! reads no files, asks for no time and knows no keys: bytes come in, a checked [`Form`] or the whole
//! list of [`Problems`] goes out.
//!
//! Absent on purpose: who a name in a form is (the desk knows the directory), and whether a case takes
//! a kind today (the keeper knows the case).

pub mod attachment;
pub mod calendar;
pub mod card;
pub mod check;
pub mod classes;
pub mod clocks;
pub mod coverage;
pub mod dates;
pub mod definition;
pub mod describe;
pub mod display;
pub mod facts;
pub mod field;
pub mod fold;
pub mod form;
pub mod input;
pub mod kind;
pub mod kinds;
pub mod orders;
pub mod person;
pub mod problem;
pub mod render;
pub mod sheet;
pub mod template;
pub mod texts;
pub mod words;

pub use crate::records::card::Card;
pub use crate::records::coverage::Coverage;
pub use crate::records::facts::FormFacts;
pub use crate::records::form::Form;
pub use crate::records::kind::Kind;
pub use crate::records::kinds::Kinds;
pub use crate::records::person::Judgement;
pub use crate::records::person::PartCard;
pub use crate::records::person::PersonCard;
pub use crate::records::problem::Problem;
pub use crate::records::problem::Problems;
