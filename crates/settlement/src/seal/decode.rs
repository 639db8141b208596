//! Reading a sealed record back, checking it, and settling it again.

use super::encode::{Salts, fold_root, line_hash};
use super::{FORMAT_VERSION, MemberInput, RECORD_KIND, SealInput, SealWriter, SealedPrices, SealedReading, flows_from};
use crate::battery::{Battery, BatteryContent, BatteryFlows};
use crate::distribute::{DistributeError, IntervalInput, Scratch, Settlement, distribute_energy};
use crate::flows::{Flows, Totals};
use crate::price::{ImportPrices, PriceRule};
use crate::rules::{BandBasis, Filling, Grid, Mix, RuleSet, SharingKey};
use domain::{Band, ClusterId, Connection};
use ledger::merkle::{Hash, leaf_hash};
use minicbor::Decoder;
use quantity::{Instant, PricePerKwh, Ratio, Step, WattHours, Watts};

/// Why sealed bytes are not believed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The bytes are not a record of a known version.
    #[error("the sealed record cannot be read: {0}")]
    Malformed(String),
    /// The lines do not give the root in the header.
    #[error("the lines of the sealed record of {start} do not match its header: they were changed after sealing")]
    Root {
        /// Start of the interval.
        start: Instant,
    },
    /// Settling the readings again gives another result.
    #[error("settling the sealed interval {start} again gives another result for member {member}")]
    Result {
        /// Start of the interval.
        start: Instant,
        /// Member whose line differs; 0 for the whole.
        member: i64,
    },
    /// The readings cannot be settled.
    #[error("the sealed interval cannot be settled again: {0}")]
    Distribute(#[from] DistributeError),
}

impl SealError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "seal_malformed",
            Self::Root { .. } => "seal_root_differs",
            Self::Result { .. } => "seal_result_differs",
            Self::Distribute(error) => error.code(),
        }
    }
}

impl From<minicbor::decode::Error> for SealError {
    fn from(error: minicbor::decode::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// A member's line of a sealed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedLine {
    /// Number of the member.
    pub member: i64,
    /// Fixed weight.
    pub weight: u64,
    /// Battery content in the member's name before, Wh.
    pub claim_before: i64,
    /// Bought in the month before, Wh.
    pub bought_before: i64,
    /// Readings of the member's meters.
    pub readings: Vec<SealedReading>,
    /// The result.
    pub flows: Flows,
}

/// A sealed record, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// The cluster.
    pub cluster: ClusterId,
    /// Start of the interval.
    pub start: Instant,
    /// Its length.
    pub step: Step,
    /// Version of the interval.
    pub version: i64,
    /// The rules.
    pub rule: RuleSet,
    /// Whether the grid supplied.
    pub grid: Grid,
    /// The plant's readings.
    pub plant: Vec<SealedReading>,
    /// Import prices.
    pub prices: SealedPrices,
    /// Bought by the connection in the month before, Wh.
    pub bought_together: i64,
    /// Export price.
    pub export: PricePerKwh,
    /// Common battery content before, Wh.
    pub common_before: i64,
    /// The cluster's result.
    pub totals: Totals,
    /// The battery.
    pub battery: BatteryFlows,
    /// Wh given, money for it, and the floor.
    pub given: (i64, i64, i64),
    /// Root of the lines.
    pub root: Hash,
    /// Secret of the salts.
    pub seed: [u8; 16],
    /// One for each member.
    pub lines: Vec<SealedLine>,
}

impl SealedRecord {
    /// Reads header and body and checks that the lines belong to the header.
    ///
    /// # Errors
    /// [`SealError::Malformed`] or [`SealError::Root`].
    pub fn decode(header: &[u8], body: &[u8]) -> Result<Self, SealError> {
        let (mut record, members) = decode_header(header)?;
        let mut decoder = Decoder::new(body);
        record.seed = fixed(decoder.bytes()?)?;
        let salts = Salts::new(&record.seed);
        let mut hashes = Vec::new();
        while decoder.position() < body.len() {
            let from = decoder.position();
            let line = decode_line(&mut decoder)?;
            let bytes = body.get(from..decoder.position()).ok_or_else(|| SealError::Malformed("a line ends outside the body".to_owned()))?;
            hashes.push(line_hash(&salts.of(line.member), bytes));
            record.lines.push(line);
        }
        if fold_root(&mut hashes) != record.root || record.lines.len() as i64 != members {
            return Err(SealError::Root { start: record.start });
        }
        Ok(record)
    }

    /// Reads the header alone: everything but the members' lines, of which there are none then. Nothing is checked against the body.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn decode_head(header: &[u8]) -> Result<Self, SealError> {
        Ok(decode_header(header)?.0)
    }

    /// The leaf that this header has in the cluster's log.
    #[must_use]
    pub fn leaf(header: &[u8]) -> Hash {
        leaf_hash(header)
    }

    /// Settles the interval again from the sealed readings, rules and prices, and compares every figure and byte.
    ///
    /// # Errors
    /// [`SealError::Result`] names the first member whose line differs.
    pub fn recompute(&self, header: &[u8], body: &[u8]) -> Result<(), SealError> {
        let consumption: Vec<i64> = self.lines.iter().map(|line| line.flows.consumption).collect();
        let generation: Vec<i64> = self.lines.iter().map(|line| line.flows.generation).collect();
        let weights: Vec<u64> = self.lines.iter().map(|line| line.weight).collect();
        let before: Vec<i64> = self.lines.iter().map(|line| line.bought_before).collect();
        let import = match (&self.prices, self.rule.band_basis) {
            (SealedPrices::Flat(price), _) => ImportPrices::Flat(*price),
            (SealedPrices::Bands(bands), BandBasis::EachHome) => ImportPrices::EachHome { bands, before: &before },
            (SealedPrices::Bands(bands), BandBasis::Connection) => ImportPrices::Connection { bands, before: self.bought_together },
        };
        let plant = WattHours(self.plant.iter().map(|reading| reading.generation).sum());
        let input = IntervalInput {
            step: self.step,
            grid: self.grid,
            plant,
            consumption: &consumption,
            generation: &generation,
            weights: &weights,
            import,
            export: self.export,
        };
        let mut content = BatteryContent { common: self.common_before, claims: self.lines.iter().map(|line| line.claim_before).collect() };
        let mut again = Settlement::default();
        distribute_energy(&self.rule, &input, &mut content, &mut Scratch::default(), &mut again)?;
        let other = |member| SealError::Result { start: self.start, member };
        if let Some((line, _)) = self.lines.iter().zip(&again.members).find(|(line, flows)| line.flows != **flows) {
            return Err(other(line.member));
        }
        let members: Vec<MemberInput<'_>> = self.lines.iter().map(SealedLine::input).collect();
        let mut writer = SealWriter::default();
        let sealed = writer.seal(&SealInput {
            cluster: self.cluster,
            start: self.start,
            step: self.step,
            version: self.version,
            rule: &self.rule,
            grid: self.grid,
            plant: &self.plant,
            prices: &self.prices,
            bought_together: self.bought_together,
            export: self.export,
            common_before: self.common_before,
            members: &members,
            settlement: &again,
            seed: self.seed,
        });
        if sealed.header == header && sealed.body == body { Ok(()) } else { Err(other(0)) }
    }

    /// What shows one member's line to somebody who knows the header: position, salt, line and the path to the root.
    #[must_use]
    pub fn line_proof(&self, body: &[u8], member: i64) -> Option<LineProof> {
        let salts = Salts::new(&self.seed);
        let mut decoder = Decoder::new(body);
        decoder.bytes().ok()?;
        let (mut hashes, mut found) = (Vec::new(), None);
        while decoder.position() < body.len() {
            let from = decoder.position();
            let line = decode_line(&mut decoder).ok()?;
            let bytes = body.get(from..decoder.position())?;
            let salt = salts.of(line.member);
            if line.member == member {
                found = Some((hashes.len() as u64, salt, bytes.to_vec()));
            }
            hashes.push(line_hash(&salt, bytes));
        }
        let (index, salt, line) = found?;
        let path = ledger::merkle::inclusion_proof(index, &hashes).ok()?;
        Some(LineProof { index, size: hashes.len() as u64, salt, line, path })
    }
}

/// A member's own line with what proves it, and nothing of a neighbour's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProof {
    /// Position of the line.
    pub index: u64,
    /// Number of lines.
    pub size: u64,
    /// Salt of the line.
    pub salt: [u8; 16],
    /// The line's bytes.
    pub line: Vec<u8>,
    /// Path to the root in the header.
    pub path: Vec<Hash>,
}

impl LineProof {
    /// Whether this line stands in the record whose header has `root`.
    #[must_use]
    pub fn holds(&self, root: &Hash) -> bool {
        ledger::merkle::verify_inclusion(&line_hash(&self.salt, &self.line), self.index, self.size, &self.path, root).is_ok()
    }
}

impl SealedLine {
    fn input(&self) -> MemberInput<'_> {
        MemberInput {
            member: self.member,
            weight: self.weight,
            claim_before: self.claim_before,
            bought_before: self.bought_before,
            readings: &self.readings,
        }
    }
}

fn decode_header(header: &[u8]) -> Result<(SealedRecord, i64), SealError> {
    let mut d = Decoder::new(header);
    expect(d.array()?, 20)?;
    let (version, kind) = (d.i64()?, d.i64()?);
    if (version, kind) != (FORMAT_VERSION, RECORD_KIND) {
        return Err(SealError::Malformed(format!("format version {version}, kind {kind} is not known to this program")));
    }
    let cluster = ClusterId::new(d.i64()?).map_err(|error| SealError::Malformed(error.to_string()))?;
    let start = Instant(d.i64()?);
    let step = Step::from_minutes(d.i64()?).map_err(|error| SealError::Malformed(error.to_string()))?;
    let version = d.i64()?;
    let rule = decode_rule(&mut d)?;
    let grid = if d.i64()? == 1 { Grid::Available } else { Grid::Outage };
    let _plant_output = d.i64()?;
    let plant = decode_readings(&mut d)?;
    let prices = decode_prices(&mut d)?;
    let bought_together = d.i64()?;
    let export = PricePerKwh(d.i64()?);
    let [generation, consumption, self_used, shared, charged, discharged, loss, exported, imported, curtailed, unserved] = decode_ints(&mut d)?;
    let totals = Totals { generation, consumption, self_used, shared, charged, discharged, loss, exported, imported, curtailed, unserved };
    let [before, charged, discharged, loss, after, common_before] = decode_ints(&mut d)?;
    let battery = BatteryFlows { before, charged, discharged, loss, after };
    let given = (d.i64()?, d.i64()?, d.i64()?);
    let members = d.i64()?;
    let root = fixed(d.bytes()?)?;
    if d.position() != header.len() {
        return Err(SealError::Malformed("there are bytes after the header".to_owned()));
    }
    let record = SealedRecord {
        cluster,
        start,
        step,
        version,
        rule,
        grid,
        plant,
        prices,
        bought_together,
        export,
        common_before,
        totals,
        battery,
        given,
        root,
        seed: [0; 16],
        lines: Vec::new(),
    };
    Ok((record, members))
}

fn decode_rule(d: &mut Decoder<'_>) -> Result<RuleSet, SealError> {
    expect(d.array()?, 13)?;
    let unknown = |what: &str, value: i64| SealError::Malformed(format!("{what} {value} is not known to this program"));
    let ratio = |num, den| Ratio::new(num, den).map_err(|error| SealError::Malformed(error.to_string()));
    let version = d.i64()?;
    let connection = match d.i64()? {
        1 => Connection::OffGrid,
        2 => Connection::OnePoint,
        3 => Connection::Separate,
        other => return Err(unknown("connection", other)),
    };
    let can_island = d.i64()? == 1;
    let (key, num, den) = (d.i64()?, d.i64()?, d.i64()?);
    let sharing_key = match key {
        1 => SharingKey::Equal,
        2 => SharingKey::Ownership,
        3 => SharingKey::ContributionTiers,
        4 => SharingKey::Consumption,
        5 => SharingKey::Static,
        6 => SharingKey::Hybrid(Mix { fixed: ratio(num, den)? }),
        other => return Err(unknown("sharing key", other)),
    };
    let (price, fixed_price) = (d.i64()?, d.i64()?);
    let price_rule = match price {
        1 => PriceRule::Fixed(PricePerKwh(fixed_price)),
        2 => PriceRule::MidMarket,
        3 => PriceRule::SupplyDemandRatio,
        other => return Err(unknown("price rule", other)),
    };
    let service_charge = PricePerKwh(d.i64()?);
    let filling = if d.i64()? == 2 { Filling::ByNeed } else { Filling::Equal };
    let band_basis = if d.i64()? == 2 { BandBasis::Connection } else { BandBasis::EachHome };
    let outage_cap = PricePerKwh(d.i64()?);
    let battery = match d.array()? {
        Some(0) => None,
        Some(5) => {
            let (capacity, power) = (WattHours(d.i64()?), Watts(d.i64()?));
            let efficiency = ratio(d.i64()?, d.i64()?)?;
            Some(Battery { capacity, power, efficiency, reserve: WattHours(d.i64()?) })
        }
        _ => return Err(SealError::Malformed("a battery has five figures".to_owned())),
    };
    Ok(RuleSet { version, connection, can_island, sharing_key, price_rule, service_charge, filling, band_basis, outage_cap, battery })
}

fn decode_prices(d: &mut Decoder<'_>) -> Result<SealedPrices, SealError> {
    let length = d.array()?.unwrap_or(0);
    if length == 1 {
        return Ok(SealedPrices::Flat(PricePerKwh(d.i64()?)));
    }
    if length == 0 || length % 2 == 1 || length > 64 {
        return Err(SealError::Malformed("prices are one price, or pairs of limit and price".to_owned()));
    }
    let mut bands = Vec::new();
    for _ in 0..length / 2 {
        let limit = d.i64()?;
        bands.push(Band { up_to: (limit > 0).then_some(WattHours(limit)), price: PricePerKwh(d.i64()?) });
    }
    Ok(SealedPrices::Bands(bands))
}

fn decode_readings(d: &mut Decoder<'_>) -> Result<Vec<SealedReading>, SealError> {
    let length = d.array()?.unwrap_or(0);
    if length % 4 != 0 || length > 4_000 {
        return Err(SealError::Malformed("readings have four figures each".to_owned()));
    }
    let mut readings = Vec::new();
    for _ in 0..length / 4 {
        let (meter, consumption, generation, mark) = (d.i64()?, d.i64()?, d.i64()?, d.i64()?);
        readings.push(SealedReading { meter, consumption, generation, quality: mark % 8, version: mark / 8 });
    }
    Ok(readings)
}

fn decode_line(d: &mut Decoder<'_>) -> Result<SealedLine, SealError> {
    let length = d.array()?.unwrap_or(0);
    let (member, weight) = (d.i64()?, d.i64()?);
    let (claim_before, bought_before) = (d.i64()?, d.i64()?);
    let readings = decode_readings(d)?;
    let set = d.i64()?;
    let wrong = || SealError::Malformed(format!("the line of member {member} has {length} figures for the set {set}"));
    if !(0..1 << 16).contains(&set) || length != 6 + u64::from(set.count_ones()) {
        return Err(wrong());
    }
    let mut columns = [0; 16];
    for (at, column) in columns.iter_mut().enumerate() {
        if set >> at & 1 == 1 {
            *column = d.i64()?;
        }
    }
    let sum = |pick: fn(&SealedReading) -> i64| readings.iter().map(pick).try_fold(0i64, i64::checked_add).ok_or_else(wrong);
    let flows = flows_from(columns, sum(|r| r.consumption)?, sum(|r| r.generation)?);
    Ok(SealedLine { member, weight: weight.unsigned_abs(), claim_before, bought_before, readings, flows })
}

fn decode_ints<const N: usize>(d: &mut Decoder<'_>) -> Result<[i64; N], SealError> {
    expect(d.array()?, N as u64)?;
    let mut values = [0; N];
    for value in &mut values {
        *value = d.i64()?;
    }
    Ok(values)
}

fn expect(found: Option<u64>, wanted: u64) -> Result<(), SealError> {
    if found == Some(wanted) { Ok(()) } else { Err(SealError::Malformed(format!("an array of {wanted} was expected, found {found:?}"))) }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], SealError> {
    bytes.try_into().map_err(|_| SealError::Malformed(format!("{N} bytes were expected, found {}", bytes.len())))
}
