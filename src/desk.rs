//! Skeleton of the desk's face, to compile the command line against.
#![expect(missing_docs, clippy::missing_errors_doc, reason = "skeleton")]

use std::io;
use std::io::Read;
use std::io::Write;
use std::path::Path;

use serde_json::Value;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CaseState;
use crate::keeper::facts::RecordState;
use crate::keeper::facts::Role;
use crate::keeper::facts::Service;
use crate::records::Problems;
use crate::sealing::Passphrase;

pub struct Init {
    pub centre: String,
    pub admin: String,
    pub passphrase: Passphrase,
    pub trustees: Vec<(String, Option<String>)>,
    pub two_person_single: bool,
    pub demo: bool,
    pub clock: Box<dyn Clock>,
}

impl std::fmt::Debug for Init {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Init")
    }
}

#[derive(Debug)]
pub struct Created {
    pub admin: UserId,
    pub vkey: String,
    pub root_fingerprint: String,
    pub shares: Vec<(String, Vec<u8>)>,
    pub sheets: Vec<(String, String)>,
}

#[derive(Debug)]
pub enum CreateError {
    Refused { code: &'static str, says: String },
    Io(String),
}

pub fn create(_paths: &Paths, _init: &Init) -> Result<Created, CreateError> {
    Err(CreateError::Io("skeleton".into()))
}

#[derive(Debug)]
pub enum DeskError {
    Denied {
        rule: String,
        says: String,
        entry: Option<u64>,
    },
    Unknown,
    Refused {
        code: String,
        says: String,
    },
    Form(Problems),
    WrongPassphrase,
    Busy(String),
    Damaged(String),
    Fork(String),
    WentBack(String),
    Io(String),
}

#[derive(Debug)]
pub struct NewUser {
    pub handle: String,
    pub name: Option<String>,
    pub role: Role,
    pub reports_to: Option<String>,
}

#[derive(Debug)]
pub struct Case {
    pub id: CaseId,
    pub title: Option<String>,
    pub service: Service,
    pub state: CaseState,
    pub team: Vec<String>,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

pub trait Source {
    fn open(&self) -> io::Result<Box<dyn Read>>;
}

impl<F: Fn() -> io::Result<Box<dyn Read>>> Source for F {
    fn open(&self) -> io::Result<Box<dyn Read>> {
        self()
    }
}

pub struct Attach {
    pub name: String,
    pub source: Box<dyn Source>,
}

impl std::fmt::Debug for Attach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attach")
    }
}

#[derive(Debug)]
pub struct Filing {
    pub case: Option<String>,
    pub kind: String,
    pub form: Value,
    pub attachments: Vec<Attach>,
    pub about: Vec<String>,
    pub deciders: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct ReceiptLine {
    pub index: u64,
    pub size: u64,
    pub root: String,
}

#[derive(Debug)]
pub struct Filed {
    pub id: RecordId,
    pub receipt: ReceiptLine,
    pub warnings: Vec<String>,
}

#[derive(Debug)]
pub struct CardLine {
    pub id: RecordId,
    pub case: Option<CaseId>,
    pub kind: String,
    pub version: u32,
    pub state: RecordState,
    pub title: String,
    pub event_date: Option<String>,
}

#[derive(Debug)]
pub struct ShownAttachment {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

#[derive(Debug)]
pub struct ShownRecord {
    pub id: RecordId,
    pub case: Option<CaseId>,
    pub kind: String,
    pub version: u32,
    pub state: RecordState,
    pub fields: Value,
    pub attachments: Vec<ShownAttachment>,
    pub author: String,
    pub filed_at: Timestamp,
    pub reason: Option<String>,
    pub receipt: ReceiptLine,
    pub text: String,
}

#[derive(Debug)]
pub struct HistoryLine {
    pub index: u64,
    pub time: Timestamp,
    pub event: String,
    pub outcome: String,
    pub actor: Option<String>,
    pub version: Option<u32>,
    pub purpose: Option<String>,
}

#[derive(Debug)]
pub struct AuditLine {
    pub index: u64,
    pub time: Timestamp,
    pub event: String,
    pub outcome: String,
    pub actor: Option<String>,
    pub record: Option<RecordId>,
    pub case: Option<CaseId>,
    pub purpose: Option<String>,
    pub detail_available: bool,
}

#[derive(Debug)]
pub struct Desk<'a>(pub &'a Keeper);

type Said<T> = Result<T, DeskError>;

impl<'a> Desk<'a> {
    pub fn sign_in(_k: &'a Keeper, _who: &str, _p: &Passphrase, _m: Option<&Path>) -> Said<Self> {
        Err(DeskError::WrongPassphrase)
    }
    pub fn now(&self) -> Timestamp {
        Timestamp::from_ms(0)
    }
    pub fn add_user(&mut self, _new: NewUser, _p: &Passphrase) -> Said<AccountFacts> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn users(&mut self) -> Said<Vec<AccountFacts>> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn user(&mut self, _who: &str) -> Said<AccountFacts> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn suspend_user(&mut self, _who: &str) -> Said<AccountFacts> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn resume_user(&mut self, _who: &str) -> Said<AccountFacts> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn change_passphrase(&mut self, _p: &Passphrase) -> Said<()> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn open_case(&mut self, _title: &str, _s: Service) -> Said<Case> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn cases(&mut self) -> Said<Vec<Case>> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn case(&mut self, _id: &str) -> Said<Case> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn close_case(&mut self, _id: &str) -> Said<Case> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn reopen_case(&mut self, _id: &str) -> Said<Case> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn add_to_team(&mut self, _case: &str, _who: &str) -> Said<Case> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn remove_from_team(&mut self, _case: &str, _who: &str) -> Said<Case> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn file(&mut self, _filing: &Filing) -> Said<Filed> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn import(&mut self, _filings: &[Filing]) -> Said<Vec<Filed>> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn records(&mut self, _case: Option<&str>, _page: u32) -> Said<(Vec<CardLine>, bool)> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn record(
        &mut self,
        _id: &str,
        _v: Option<u32>,
        _p: Option<&str>,
        _w: usize,
    ) -> Said<ShownRecord> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn history(&mut self, _id: &str) -> Said<Vec<HistoryLine>> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn amend(&mut self, _id: &str, _form: &Value, _reason: &str) -> Said<Filed> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn attachment(
        &mut self,
        _id: &str,
        _n: &str,
        _p: Option<&str>,
        _o: &mut dyn Write,
    ) -> Said<()> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn export(
        &mut self,
        _id: &str,
        _to: &[String],
        _p: Option<&str>,
        _o: &mut dyn Write,
    ) -> Said<()> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn audit(
        &mut self,
        _r: Option<&str>,
        _a: Option<&str>,
        _s: Option<Timestamp>,
    ) -> Said<Vec<AuditLine>> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn proof(&mut self, _index: u64) -> Said<String> {
        Err(DeskError::Busy(String::new()))
    }
    pub fn export_audit(&mut self, _dir: &Path) -> Said<()> {
        Err(DeskError::Busy(String::new()))
    }
}
