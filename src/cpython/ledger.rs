//! The accounts of references: what only looks like one counts as long as the referent's reference count has room for it.

use super::names::UNNAMED;
use super::python::AddressMap;
use super::seen::Seen;
use super::threads::StackValue;
use super::walk::{Deferred, Walk};
use crate::snapshot::{RefCount, Segment, WireAddress};

/// How many references to an object are not explained yet.
#[derive(Debug, Default, Clone, Copy)]
struct Account {
    /// What its reference count says; `None` when nobody counts, and every claim is as good.
    counted: Option<u64>,
    explained: u64,
}

impl Account {
    fn has_room(&self) -> bool {
        self.counted.is_none_or(|counted| self.explained < counted)
    }
}

/// Each round meets what the one before has accepted; a chain of so many is no heap.
const MOST_ROUNDS: u32 = 64;

impl Walk<'_> {
    /// Decides which words that look like references are some, and writes the objects that waited for it.
    ///
    /// Bodies of C types come first, then stacks of running frames, then memory that objects of C types own. What is accepted
    /// may lead to objects that were not met before: these are written, and may have waiting ones among them. Linear in
    /// objects and references per round.
    pub fn settle(&mut self, probable: Vec<StackValue>) {
        let mut rounds = 0;
        let mut owners = Vec::new();
        while !self.deferred.is_empty() {
            let waiting = std::mem::take(&mut self.deferred);
            rounds += 1;
            let mut accounts =
                self.accounts(waiting.iter().chain(&owners), waiting.iter().flat_map(|one| one.candidates.clone()));
            for mut deferred in waiting {
                let is_last = rounds >= MOST_ROUNDS;
                let accepted: Vec<u64> = deferred
                    .candidates
                    .iter()
                    .copied()
                    .filter(|address| !is_last && take(&mut accounts, *address))
                    .collect();
                self.name_candidates(&mut deferred, &accepted);
                if deferred.blocks.is_empty() {
                    self.write_deferred(deferred);
                } else {
                    deferred.known().for_each(|referent| self.meet(referent));
                    owners.push(deferred);
                }
            }
            self.run();
        }
        self.settle_stacks(probable, &owners);
        self.settle_blocks(owners);
        // What was met last may have waited too: it is written without what is only probable.
        while !self.deferred.is_empty() {
            for deferred in std::mem::take(&mut self.deferred) {
                self.write_deferred(deferred);
            }
            self.run();
        }
    }

    fn settle_stacks(&mut self, probable: Vec<StackValue>, owners: &[Deferred]) {
        let plausible: Vec<StackValue> = probable.into_iter().filter(|of| self.is_plausible(of.value)).collect();
        let mut accounts = self.accounts(owners.iter(), plausible.iter().map(|of| of.value));
        for of in plausible {
            // A stale word may well be the address of an object that lives on, so what nobody counts is not taken.
            let is_counted = accounts.get(&of.value).is_some_and(|account| account.counted.is_some());
            if is_counted && take(&mut accounts, of.value) {
                self.meet(of.value);
                self.snapshot.threads[of.thread].frames[of.frame].stack.push(WireAddress::at(of.value));
            }
        }
        self.run();
    }

    /// A buffer may have been something else before: what stands in such memory counts only where it explains all that is
    /// left of a reference count, and of what the interpreter may hold by itself (numbers, names) only if nobody else does.
    fn settle_blocks(&mut self, mut owners: Vec<Deferred>) {
        let found = self.look_into_blocks(&mut owners);
        let mut accounts = self.accounts(owners.iter(), found.iter().flatten().copied());
        let mut claims: AddressMap<u64> = AddressMap::default();
        found.iter().flatten().for_each(|&address| *claims.entry(address).or_default() += 1);
        let mut whole = Seen::default();
        for (&address, &claims) in &claims {
            let account = accounts.get(&address).copied().unwrap_or_default();
            let is_exact = account.counted == Some(account.explained + claims);
            if is_exact && (account.explained == 0 || self.is_collected(address)) {
                whole.insert(address);
            }
        }
        for (mut deferred, found) in owners.into_iter().zip(found) {
            for address in found {
                if whole.contains(address) && take(&mut accounts, address) {
                    deferred.accept(UNNAMED, address);
                }
            }
            self.write_deferred(deferred);
        }
        self.run();
    }

    /// The accounts of all objects that are claimed.
    fn accounts<'d>(
        &mut self,
        waiting: impl Iterator<Item = &'d Deferred>,
        claimed: impl Iterator<Item = u64>,
    ) -> AddressMap<Account> {
        let mut accounts: AddressMap<Account> = claimed.map(|address| (address, Account::default())).collect();
        self.fill(&mut accounts, waiting);
        accounts
    }

    /// Counts the references that are known, of each object that somebody claims.
    fn fill<'d>(&mut self, accounts: &mut AddressMap<Account>, waiting: impl Iterator<Item = &'d Deferred>) {
        if accounts.is_empty() {
            return;
        }
        let shapes: Vec<Vec<bool>> = self.weak_positions();
        // Nearly all references are to objects that nobody claims: a bit tells.
        let mut is_claimed = Seen::default();
        accounts.keys().for_each(|&address| {
            is_claimed.insert(address);
        });
        let objects = &self.snapshot.objects;
        let mut first = 0;
        for (index, &count) in objects.reference_count.iter().enumerate() {
            let row = objects.referent.range(first..first + count as usize);
            first += count as usize;
            let weak = &shapes[objects.shape[index] as usize];
            for (position, address) in row.enumerate() {
                if is_claimed.contains(address)
                    && let Some(account) = accounts.get_mut(&address)
                    && !weak.get(position).copied().unwrap_or(false)
                {
                    account.explained += 1;
                }
            }
        }
        let explain = |accounts: &mut AddressMap<Account>, address: u64| {
            if let Some(account) = accounts.get_mut(&address) {
                account.explained += 1;
            }
        };
        for deferred in waiting {
            deferred.known().for_each(|address| explain(accounts, address));
        }
        // A module is its dictionary's; the other roots hold theirs.
        for root in self.snapshot.roots.iter().filter(|root| &*root.kind != "module") {
            explain(accounts, root.address.absolute().0);
        }
        for frame in self.snapshot.threads.iter().flat_map(|thread| &thread.frames) {
            frame.stack.iter().for_each(|held| explain(accounts, held.absolute().0));
            match frame.namespace {
                Some(namespace) => explain(accounts, namespace.absolute().0),
                None if frame.address.is_none() || self.python.minor >= 11 => {
                    frame.locals.iter().for_each(|local| explain(accounts, local.address.absolute().0));
                }
                None => {}
            }
        }
        let counts: Vec<(u64, Option<u64>)> = accounts
            .keys()
            .map(|&address| {
                let count = self.counted(address);
                (address, count)
            })
            .collect();
        for (address, counted) in counts {
            if let Some(account) = accounts.get_mut(&address) {
                account.counted = counted;
            }
        }
    }

    fn counted(&mut self, address: u64) -> Option<u64> {
        match self.refcount_of(address) {
            RefCount::Known(count) => Some(count),
            RefCount::Immortal | RefCount::Unknown => None,
        }
    }
}

fn take(accounts: &mut AddressMap<Account>, address: u64) -> bool {
    match accounts.get_mut(&address) {
        Some(account) if account.has_room() => {
            account.explained += 1;
            true
        }
        _ => false,
    }
}

/// Which of the first positions of a shape are weak.
pub(super) fn weak_positions(slots: &[Segment]) -> Vec<bool> {
    let mut weak = Vec::new();
    for segment in slots {
        match segment {
            Segment::Fields(names) => weak.extend(names.iter().map(|name| name.starts_with('~'))),
            Segment::UnnamedCount(count) => weak.extend(std::iter::repeat_n(false, *count as usize)),
            _ => break,
        }
    }
    if weak.contains(&true) { weak } else { Vec::new() }
}
