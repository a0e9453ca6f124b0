//! A keeper that lies, for tests only: what it answers goes through a test's hands before the desk sees
//! it. Built under `cfg(test)`; no program holds it.

use crate::keeper::Keeper;
use crate::keeper::message::Ask;
use crate::keeper::message::answer::Answer;

/// What a test makes of an answer.
pub(crate) type Lie = Box<dyn FnMut(&Keeper, &Ask, &mut Answer) + Send>;

impl Keeper {
    /// From now on every answer is told this way; `None` for the truth.
    pub(crate) fn tell(&self, lie: Option<Lie>) {
        *self.lie.lock().unwrap() = lie;
    }

    pub(crate) fn lied(&self, ask: &Ask, mut answer: Answer) -> Answer {
        let told = self.lie.lock().unwrap().take();
        if let Some(mut told) = told {
            told(self, ask, &mut answer);
            self.lie.lock().unwrap().get_or_insert(told);
        }
        answer
    }
}
