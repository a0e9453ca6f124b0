//! Signed statements that stay: about accounts beside their rows, about a case's team in the case's unit.
//! The keeper keeps and serves them; what makes them believed is the signature, which every desk checks.

use serde::de::DeserializeOwned;

use crate::ids::CaseId;
use crate::ids::UserId;
use crate::keeper::request::Request;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::store::Tree;

impl Vault {
    /// A statement of the asker's that belongs to what they ask for.
    pub(crate) fn said<T: DeserializeOwned>(
        &self,
        request: &Request,
        kind: StatementKind,
        bytes: &[u8],
    ) -> Result<T, Stop> {
        let wrong = || {
            let says = "what this changes is not signed by who asks for it";
            Stop::Refused("bad-statement", says.to_owned())
        };
        let statement = Statement::parse(bytes).map_err(|_| wrong())?;
        let signed = statement.kind() == kind
            && statement.vault() == self.id
            && statement.by() == request.asker.id.to_string()
            && statement.verify(&request.asker.verifying).is_ok();
        statement.read_body().filter(|_| signed).ok_or_else(wrong)
    }

    /// The number of the newest statement of a kind about an account; 0 where there is none.
    pub(crate) fn newest(&self, user: UserId, kind: StatementKind) -> Result<u32, Broken> {
        let all = self.statements_of(user)?;
        let mut numbers = all.iter().rev().filter_map(|text| {
            let statement = Statement::parse(text.as_bytes()).ok()?;
            (statement.kind() == kind).then(|| number(&statement))
        });
        Ok(numbers.next().unwrap_or(0))
    }

    /// The signed statement of a case's team, where anybody ever was on it.
    pub(crate) fn team_statement(&self, case: CaseId) -> Result<Option<String>, Broken> {
        self.read(&units::case(case), Tree::Statement, &[])
    }

    /// The number of the statement of a case's team; 0 where there is none.
    pub(crate) fn team_number(&self, case: CaseId) -> Result<u32, Broken> {
        let text = self.team_statement(case)?;
        let statement = text.and_then(|text| Statement::parse(text.as_bytes()).ok());
        Ok(statement.as_ref().map_or(0, number))
    }

    /// Keeps the statement of a case's team.
    pub(crate) fn put_team_statement(&mut self, case: CaseId, bytes: &[u8]) -> Result<(), Broken> {
        let text = std::str::from_utf8(bytes).map_err(|_| Broken::Row(Tree::Statement))?;
        self.write(&units::case(case), Tree::Statement, &[], text)
    }
}

/// How the statement is numbered among those that take each other's place.
fn number(statement: &Statement) -> u32 {
    let number = statement.body().get("number");
    let number = number.and_then(serde_json::Value::as_u64);
    number.and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}
