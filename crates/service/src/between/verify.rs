//! Recounting deliveries from the ledger: what each side posted is what its legs say.

use crate::ServiceError;
use crate::cluster_verify::Problem;
use domain::ClusterId;
use ledger::{Account, AccountCode, CauseKind, Transfer};
use quantity::BusinessDay;
use std::collections::BTreeMap;
use store::Tx;

/// Whose money on which day: a member's number, or the negative code of an account of the cluster.
type Sums = BTreeMap<(i64, i64), i64>;

/// What the ledger says of deliveries.
#[derive(Debug, Default)]
pub(crate) struct DeliveryVerifier {
    owner: BTreeMap<i64, i64>,
    posted: Sums,
}

impl DeliveryVerifier {
    pub(crate) fn new(accounts: &[Account]) -> Self {
        let key = |account: &Account| account.member.map_or_else(|| own(account.code), domain::MemberNo::get);
        Self { owner: accounts.iter().map(|account| (account.no.get(), key(account))).collect(), posted: Sums::new() }
    }

    /// Takes the next transfer.
    pub(crate) fn add(&mut self, transfer: &Transfer) {
        if transfer.cause.kind != CauseKind::Deal {
            return;
        }
        for (account, amount) in [(transfer.debit, transfer.amount), (transfer.credit, -transfer.amount)] {
            if let Some(&owner) = self.owner.get(&account.get()) {
                *self.posted.entry((transfer.cause.b, owner)).or_default() += amount;
            }
        }
    }

    /// Compares with the legs that are stored.
    pub(crate) async fn end(mut self, tx: &mut Tx<'_>, cluster: ClusterId) -> Result<Vec<Problem>, ServiceError> {
        let mut said = Sums::new();
        for leg in tx.delivery_leg_list(cluster, BusinessDay(i32::MIN)).await? {
            for line in leg.lines {
                let owner = line.member.map_or_else(|| own(line.account), domain::MemberNo::get);
                *said.entry((i64::from(leg.day.0), owner)).or_default() += line.amount.0;
            }
        }
        self.posted.retain(|_, amount| *amount != 0);
        said.retain(|_, amount| *amount != 0);
        let all: std::collections::BTreeSet<_> = self.posted.keys().chain(said.keys()).copied().collect();
        let of = |sums: &Sums, key: &(i64, i64)| sums.get(key).copied().unwrap_or(0);
        let differs = all.iter().filter(|key| of(&self.posted, key) != of(&said, key));
        let text = |key: &(i64, i64)| {
            let day = BusinessDay(i32::try_from(key.0).unwrap_or(i32::MAX));
            let (owner, posted, said) = (key.1, of(&self.posted, key), of(&said, key));
            format!("deliveries of {day}, account of {owner}: the ledger holds {posted} ngwee, the leg says {said}")
        };
        Ok(differs.map(|key| Problem { code: "delivery_differs", text: text(key) }).collect())
    }
}

/// The key of an account of the cluster. The fund that bears what the community fund has not is one with it.
fn own(code: AccountCode) -> i64 {
    let code = if code == AccountCode::CommunityFund { AccountCode::MaintenanceFund } else { code };
    -code.number()
}
