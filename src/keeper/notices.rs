//! Notices: what a person is told at every sign-in until they have read it. They stand in the person's own
//! account, each an id and a place in the ledger; whether the person may know of it is decided again each time.

use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::NoticeAbout;
use crate::keeper::facts::NoticeFacts;
use crate::keeper::message::answer::Served;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

impl Vault {
    /// Leaves a notice for somebody.
    pub(crate) fn notify(&mut self, user: UserId, notice: NoticeFacts) -> Result<(), Broken> {
        let mut all = self.kept_notices(user)?;
        all.push(notice);
        self.write(&units::account(user), Tree::Notice, &[], &all)
    }

    /// The notices somebody has not read and may know of, oldest first.
    pub(crate) fn notices(&self, asker: &AccountFacts) -> Result<Vec<NoticeFacts>, Broken> {
        let mut may_know = Vec::new();
        for notice in self.kept_notices(asker.id)? {
            let may = match notice.about {
                NoticeAbout::Opened { record, .. } => match self.record(record)? {
                    Some(facts) => self.may_see_history(asker, &facts)?,
                    None => false,
                },
                NoticeAbout::Reissued { user, .. } => self.may_see_user(asker, user),
            };
            if may {
                may_know.push(notice);
            }
        }
        Ok(may_know)
    }

    /// Serves the asker's notices. Those of these entries are read already: they are not told again.
    pub(crate) fn read_notices(&mut self, request: &Request, read: &[u64]) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ReadNotices, Resource::Vault)?;
        let user = request.asker.id;
        if !read.is_empty() {
            let mut left = self.kept_notices(user)?;
            left.retain(|notice| !read.contains(&notice.entry));
            let unit = units::account(user);
            if left.is_empty() {
                self.drop_row(&unit, Tree::Notice, &[])?;
            } else {
                self.write(&unit, Tree::Notice, &[], &left)?;
            }
        }
        let left = self.notices(&request.asker)?;
        let listed = left.iter().filter_map(NoticeFacts::record).collect();
        let pledge = self.log(permit, request.entry(Act::ReadNotices).listing(listed))?;
        Ok(Step::serving(pledge, move |_, _| Ok(Served::Notices(left))))
    }

    /// Tells whoever may see the account, and its owner, that somebody was given new keys: not the two who gave
    /// them.
    pub(crate) fn tell_of_reissue(&mut self, notice: &NoticeFacts) -> Result<(), Broken> {
        let NoticeAbout::Reissued { user, agreed } = notice.about else {
            return Ok(());
        };
        for account in self.people.all() {
            let gave = account.id == notice.by || account.id == agreed;
            if !gave && account.may_work() && self.may_see_user(&account, user) {
                self.notify(account.id, notice.clone())?;
            }
        }
        Ok(())
    }

    fn may_see_user(&self, asker: &AccountFacts, user: UserId) -> bool {
        let Some(account) = self.people.account(user) else {
            return false;
        };
        let question = Question {
            asker,
            grants: &[],
            act: Act::ShowUser,
            resource: Resource::Account(account),
            purpose: None,
            reason: None,
        };
        let decision = decide(&self.policy, &question, self.now());
        matches!(decision, Decision::Allow(_))
    }

    fn kept_notices(&self, user: UserId) -> Result<Vec<NoticeFacts>, Broken> {
        let kept = self.read(&units::account(user), Tree::Notice, &[])?;
        Ok(kept.unwrap_or_default())
    }
}
