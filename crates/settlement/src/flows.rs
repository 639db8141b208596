//! What one member had of one interval (or of many, added up).

/// Energy and money of one member: Wh and milli-ngwee. Every watt-hour stands in exactly one place on each side:
/// generation + entitlement = self + own share + given + charged + exported + curtailed, and
/// consumption = self + own share + received + discharged + imported + unserved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flows {
    /// Energy used, Wh.
    pub consumption: i64,
    /// Energy made by the member's own equipment, Wh.
    pub generation: i64,
    /// Own generation used at once, Wh.
    pub self_used: i64,
    /// The member's part of the jointly owned plant, Wh.
    pub entitlement: i64,
    /// The part of the entitlement that the member used, Wh.
    pub own_share: i64,
    /// Energy taken from other members, Wh.
    pub received: i64,
    /// Energy given to other members, Wh.
    pub given: i64,
    /// Energy put into the battery, Wh.
    pub charged: i64,
    /// Energy taken from the battery, Wh.
    pub discharged: i64,
    /// Energy bought from the grid, Wh.
    pub imported: i64,
    /// Energy sold to the grid, own surplus and entitlement, Wh.
    pub exported: i64,
    /// Energy that found no use, Wh.
    pub curtailed: i64,
    /// Need that nobody met, Wh.
    pub unserved: i64,
    /// Paid for grid energy, milli-ngwee.
    pub import_cost: i64,
    /// Paid to other members, milli-ngwee.
    pub given_cost: i64,
    /// Got from other members, milli-ngwee.
    pub given_revenue: i64,
    /// Got for exports, milli-ngwee.
    pub export_revenue: i64,
    /// Paid to the maintenance and replacement fund, milli-ngwee.
    pub service_charge: i64,
}

impl Flows {
    /// What was made and neither used nor stored by the member: given to others, sold to the grid, or of no use, Wh.
    #[must_use]
    pub const fn unused(&self) -> i64 {
        self.given + self.exported + self.curtailed
    }

    /// What the member pays for energy (negative: gets), without the service charge, in milli-ngwee.
    #[must_use]
    pub const fn energy_money(&self) -> i64 {
        self.import_cost + self.given_cost - self.given_revenue - self.export_revenue
    }

    /// What the member pays in all (negative: gets), in milli-ngwee.
    #[must_use]
    pub const fn money(&self) -> i64 {
        self.energy_money() + self.service_charge
    }

    /// Adds another interval of the same member. Sums fit 63 bits: an interval is bounded by [`crate::distribute_energy`], and
    /// [`crate::Run`] stops before all that is added up could be more.
    pub const fn add(&mut self, other: &Self) {
        self.consumption += other.consumption;
        self.generation += other.generation;
        self.self_used += other.self_used;
        self.entitlement += other.entitlement;
        self.own_share += other.own_share;
        self.received += other.received;
        self.given += other.given;
        self.charged += other.charged;
        self.discharged += other.discharged;
        self.imported += other.imported;
        self.exported += other.exported;
        self.curtailed += other.curtailed;
        self.unserved += other.unserved;
        self.import_cost += other.import_cost;
        self.given_cost += other.given_cost;
        self.given_revenue += other.given_revenue;
        self.export_revenue += other.export_revenue;
        self.service_charge += other.service_charge;
    }
}

/// An interval (or many) of the whole cluster, in Wh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Members' own generation and the plant's.
    pub generation: i64,
    /// What members used.
    pub consumption: i64,
    /// Own generation used at once.
    pub self_used: i64,
    /// What members used of the plant and of each other's surplus.
    pub shared: i64,
    /// Into the battery.
    pub charged: i64,
    /// Out of the battery.
    pub discharged: i64,
    /// Lost in the battery, booked when charging.
    pub loss: i64,
    /// To the grid.
    pub exported: i64,
    /// From the grid.
    pub imported: i64,
    /// Made and not used.
    pub curtailed: i64,
    /// Needed and not met.
    pub unserved: i64,
}

impl Totals {
    /// Adds one member's flows; the plant's generation enters by the entitlements.
    pub const fn add_member(&mut self, flows: &Flows) {
        self.generation += flows.generation + flows.entitlement;
        self.consumption += flows.consumption;
        self.self_used += flows.self_used;
        self.shared += flows.own_share + flows.received;
        self.charged += flows.charged;
        self.discharged += flows.discharged;
        self.exported += flows.exported;
        self.imported += flows.imported;
        self.curtailed += flows.curtailed;
        self.unserved += flows.unserved;
    }

    /// Adds another interval.
    pub const fn add(&mut self, other: &Self) {
        self.generation += other.generation;
        self.consumption += other.consumption;
        self.self_used += other.self_used;
        self.shared += other.shared;
        self.charged += other.charged;
        self.discharged += other.discharged;
        self.loss += other.loss;
        self.exported += other.exported;
        self.imported += other.imported;
        self.curtailed += other.curtailed;
        self.unserved += other.unserved;
    }

    /// Energy in equals energy out, on both sides.
    #[must_use]
    pub const fn is_conserved(&self) -> bool {
        self.generation == self.self_used + self.shared + self.charged + self.exported + self.curtailed
            && self.consumption == self.self_used + self.shared + self.discharged + self.imported + self.unserved
    }
}
