//! Writing a sealed record.

use super::{FORMAT_VERSION, RECORD_KIND, SealedPrices, SealedReading, sealed_flows};
use crate::distribute::Settlement;
use crate::price::PriceRule;
use crate::rules::{BandBasis, Filling, Grid, RuleSet, SharingKey};
use domain::{ClusterId, Connection};
use ledger::merkle::{Hash, leaf_hash, node_hash};
use ledger::sha256;
use quantity::{Instant, PricePerKwh, Step};

/// One member's part of the input.
#[derive(Debug, Clone, Copy)]
pub struct MemberInput<'a> {
    /// Number of the member.
    pub member: i64,
    /// Fixed weight of the sharing key.
    pub weight: u64,
    /// Battery content in the member's name before, Wh.
    pub claim_before: i64,
    /// Bought in the month before, Wh.
    pub bought_before: i64,
    /// Readings of the member's meters.
    pub readings: &'a [SealedReading],
}

/// A reading of the plant's meter: only generation counts.
pub type PlantReading = SealedReading;

/// What is sealed.
#[derive(Debug)]
pub struct SealInput<'a> {
    /// The cluster.
    pub cluster: ClusterId,
    /// Start of the interval.
    pub start: Instant,
    /// Its length.
    pub step: Step,
    /// 1 for the first settlement, then one more for each correction.
    pub version: i64,
    /// The rules.
    pub rule: &'a RuleSet,
    /// Whether the grid supplied.
    pub grid: Grid,
    /// The plant's readings.
    pub plant: &'a [PlantReading],
    /// Import prices.
    pub prices: &'a SealedPrices,
    /// Bought by the connection in the month before, Wh.
    pub bought_together: i64,
    /// Export price.
    pub export: PricePerKwh,
    /// Common battery content before, Wh.
    pub common_before: i64,
    /// Members in order of their numbers.
    pub members: &'a [MemberInput<'a>],
    /// The result.
    pub settlement: &'a Settlement,
    /// Secret of this record, from which the salts are made.
    pub seed: [u8; 16],
}

/// A sealed record as written; borrowed from the writer until the next one.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<'a> {
    /// The header's bytes.
    pub header: &'a [u8],
    /// The body's bytes.
    pub body: &'a [u8],
    /// The leaf of the cluster's log: hash of the header.
    pub leaf: Hash,
}

/// Writes records into buffers that it keeps.
#[derive(Debug, Default)]
pub struct SealWriter {
    header: Vec<u8>,
    body: Vec<u8>,
    hashes: Vec<Hash>,
}

impl SealWriter {
    /// Seals one interval.
    pub fn seal(&mut self, input: &SealInput<'_>) -> Sealed<'_> {
        self.write_body(input);
        let root = fold_root(&mut self.hashes);
        self.write_header(input, &root);
        Sealed { header: &self.header, body: &self.body, leaf: leaf_hash(&self.header) }
    }

    fn write_body(&mut self, input: &SealInput<'_>) {
        self.body.clear();
        self.hashes.clear();
        bytes(&mut self.body, &input.seed);
        let salts = Salts::new(&input.seed);
        for (member, flows) in input.members.iter().zip(&input.settlement.members) {
            let from = self.body.len();
            let columns = sealed_flows(flows);
            let (mut present, mut count, mut set) = ([0; 16], 0, 0);
            for (at, &value) in columns.iter().enumerate() {
                present[count] = value;
                count += usize::from(value != 0);
                set |= i64::from(value != 0) << at;
            }
            array(&mut self.body, 6 + count);
            int(&mut self.body, member.member);
            int(&mut self.body, i64::try_from(member.weight).unwrap_or(i64::MAX));
            int(&mut self.body, member.claim_before);
            int(&mut self.body, member.bought_before);
            readings(&mut self.body, member.readings);
            int(&mut self.body, set);
            present[..count].iter().for_each(|&value| int(&mut self.body, value));
            self.hashes.push(line_hash(&salts.of(member.member), &self.body[from..]));
        }
    }

    fn write_header(&mut self, input: &SealInput<'_>, root: &Hash) {
        let out = &mut self.header;
        out.clear();
        array(out, 20);
        for value in [FORMAT_VERSION, RECORD_KIND, input.cluster.get(), input.start.0, input.step.minutes(), input.version] {
            int(out, value);
        }
        rule(out, input.rule);
        int(out, i64::from(input.grid == Grid::Available));
        int(out, input.plant.iter().map(|reading| reading.generation).sum());
        readings(out, input.plant);
        prices(out, input.prices);
        int(out, input.bought_together);
        int(out, input.export.0);
        let Settlement { totals, battery, .. } = input.settlement;
        ints(out, &totals.columns());
        ints(out, &[battery.before, battery.charged, battery.discharged, battery.loss, battery.after, input.common_before]);
        int(out, input.settlement.given);
        int(out, input.settlement.given_money);
        int(out, input.settlement.floor);
        int(out, input.members.len() as i64);
        bytes(out, root);
    }
}

/// Salts of the lines of one record: the first half of SHA-256 over seed and member number.
pub(super) struct Salts<'a> {
    seed: &'a [u8; 16],
}

impl<'a> Salts<'a> {
    pub(super) const fn new(seed: &'a [u8; 16]) -> Self {
        Self { seed }
    }

    pub(super) fn of(&self, member: i64) -> [u8; 16] {
        let digest = sha256([self.seed, &member.to_be_bytes()]);
        let mut salt = [0; 16];
        salt.copy_from_slice(&digest[..16]);
        salt
    }
}

/// Hash of a line: the leaf hash of salt and line.
pub(super) fn line_hash(salt: &[u8; 16], line: &[u8]) -> Hash {
    sha256([&[0], salt, line])
}

/// The RFC 6962 root of the hashes, in place, level by level: an odd one out moves up unchanged, which gives the same tree.
pub(super) fn fold_root(hashes: &mut Vec<Hash>) -> Hash {
    if hashes.is_empty() {
        return ledger::merkle::root_of(&[]);
    }
    while hashes.len() > 1 {
        let pairs = hashes.len() / 2;
        for at in 0..pairs {
            hashes[at] = node_hash(&hashes[2 * at], &hashes[2 * at + 1]);
        }
        if hashes.len() % 2 == 1 {
            hashes[pairs] = hashes[hashes.len() - 1];
        }
        hashes.truncate(hashes.len().div_ceil(2));
    }
    hashes[0]
}

fn rule(out: &mut Vec<u8>, rule: &RuleSet) {
    let (key, mix) = match rule.sharing_key {
        SharingKey::Equal => (1, (0, 1)),
        SharingKey::Ownership => (2, (0, 1)),
        SharingKey::ContributionTiers => (3, (0, 1)),
        SharingKey::Consumption => (4, (0, 1)),
        SharingKey::Static => (5, (0, 1)),
        SharingKey::Hybrid(mix) => (6, (mix.fixed.num(), mix.fixed.den())),
    };
    let (price, fixed) = match rule.price_rule {
        PriceRule::Fixed(price) => (1, price.0),
        PriceRule::MidMarket => (2, 0),
        PriceRule::SupplyDemandRatio => (3, 0),
    };
    let connection = match rule.connection {
        Connection::OffGrid => 1,
        Connection::OnePoint => 2,
        Connection::Separate => 3,
    };
    array(out, 13);
    for value in [rule.version, connection, i64::from(rule.can_island), key, mix.0, mix.1, price, fixed, rule.service_charge.0] {
        int(out, value);
    }
    int(out, if rule.filling == Filling::ByNeed { 2 } else { 1 });
    int(out, if rule.band_basis == BandBasis::Connection { 2 } else { 1 });
    int(out, rule.outage_cap.0);
    match rule.battery {
        None => ints(out, &[]),
        Some(b) => ints(out, &[b.capacity.0, b.power.0, b.efficiency.num(), b.efficiency.den(), b.reserve.0]),
    }
}

fn prices(out: &mut Vec<u8>, prices: &SealedPrices) {
    match prices {
        SealedPrices::Flat(price) => ints(out, &[price.0]),
        SealedPrices::Bands(bands) => {
            array(out, bands.len() * 2);
            for band in bands {
                int(out, band.up_to.map_or(0, |limit| limit.0));
                int(out, band.price.0);
            }
        }
    }
}

fn readings(out: &mut Vec<u8>, readings: &[SealedReading]) {
    array(out, readings.len() * 4);
    for reading in readings {
        int(out, reading.meter);
        int(out, reading.consumption);
        int(out, reading.generation);
        int(out, reading.quality + 8 * reading.version);
    }
}

/// An array of whole numbers.
pub(crate) fn ints(out: &mut Vec<u8>, values: &[i64]) {
    array(out, values.len());
    values.iter().for_each(|&value| int(out, value));
}

fn array(out: &mut Vec<u8>, length: usize) {
    head(out, 4, length as u64);
}

fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    head(out, 2, value.len() as u64);
    out.extend_from_slice(value);
}

fn int(out: &mut Vec<u8>, value: i64) {
    if value < 0 { head(out, 1, (-1 - value) as u64) } else { head(out, 0, value as u64) }
}

/// A CBOR head in its shortest form. Ours, not the library's: it is the hot path of sealing, and the bytes are pinned by golden vectors
/// that the library decodes. The length of a number cannot be foreseen, so nine bytes are always written and those not meant are cut off:
/// that costs less than a branch guessed wrong.
fn head(out: &mut Vec<u8>, major: u8, value: u64) {
    let major = major << 5;
    if value < 24 {
        out.push(major | value as u8);
        return;
    }
    // 0 to 3 for one, two, four or eight bytes.
    let class = u32::from(value > 0xff) + u32::from(value > 0xffff) + u32::from(value > 0xffff_ffff);
    let length = 1usize << class;
    let mut bytes = [0; 9];
    bytes[0] = major | (24 + class as u8);
    bytes[1..].copy_from_slice(&(value << (64 - 8 * length)).to_be_bytes());
    let end = out.len() + 1 + length;
    out.extend_from_slice(&bytes);
    out.truncate(end);
}
