//! The people of the demo: as whom a visitor may look around. Their numbers are made up, and their PIN is no secret.

use crate::command::database;
use crate::exit::Failure;
use domain::{Language, MemberNo, MemberState, Msisdn, Role, SessionNo, UserId};
use quantity::{BusinessDay, Ngwee};
use service::policy::Actor;
use service::{PersonNew, Pin, Service};
use store::tables::{ClusterRow, Consents, EntryRow, NoticeNew};
use web::{Practice, PracticePerson};

/// The PIN of all of them.
const PIN: &str = "70461";

/// Cluster, member, what the person is, the national digits of the number, language.
const PEOPLE: [(&str, i64, Role, u32, Language); 6] = [
    ("KAB", 4, Role::Member, 970_000_104, Language::En),
    ("KAB", 1, Role::Treasurer, 970_000_101, Language::En),
    ("KAB", 2, Role::Chair, 970_000_102, Language::En),
    ("KAB", 3, Role::Treasurer, 970_000_103, Language::Bem),
    ("LUS", 5, Role::Technician, 960_000_205, Language::Ny),
    ("VIL", 7, Role::Member, 950_000_307, Language::Toi),
];

/// Code of the cluster, and national digits of the number, of the person as whom most visitors look around.
pub const VISITOR: (&str, u32) = (PEOPLE[0].0, PEOPLE[0].3);

/// That person as who asks for something.
///
/// # Errors
/// [`Failure`]; also when [`settle_in`] has not come first.
pub async fn visitor(service: &Service) -> Result<Actor, Failure> {
    let phone = Msisdn::from_national(VISITOR.1).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?;
    let found = service.store().read(move |tx| Box::pin(async move { tx.user_by_phone(phone).await })).await;
    let user = found.map_err(|error: store::StoreError| database::from_store(&error))?;
    let user = user.ok_or_else(|| Failure::bad_input("demo_data_wrong", "the first of the people is not there"))?;
    let session = SessionNo::new(1).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?;
    Ok(Actor::User { id: user.id, session, is_operator: false })
}

/// Skills and tools that some homes of the demo have to lend.
const SKILLS: [&str; 4] = ["Ladder and cable tester", "Sewing machine", "Wiring, certified", "Hoe and wheelbarrow"];

/// Adds the people that are not there yet, and what the homes let each other see.
///
/// # Errors
/// [`Failure`].
pub async fn settle_in(service: &Service, rows: &[ClusterRow]) -> Result<Practice, Failure> {
    for row in rows {
        introduce(service, row).await?;
    }
    let mut people = Vec::new();
    for (code, number, role, national, language) in PEOPLE {
        let Some(row) = rows.iter().find(|row| row.code.as_str() == code) else { continue };
        let phone = Msisdn::from_national(national).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?;
        let pin = Pin::parse(PIN).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?;
        let member = MemberNo::new(number).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?;
        let name = alias(service, row, member).await?;
        let mut roles = vec![(row.id, member, Role::Member)];
        if role != Role::Member {
            roles.push((row.id, member, role));
        }
        let person = PersonNew { phone, name: name.clone(), pin, language, roles, since: row.opened_on };
        let user = service.person_add(Actor::System, person).await.map_err(|error| database::from_service(&error))?;
        greet(service, row, user, number).await?;
        people.push(PracticePerson { role, name, cluster: row.code.clone(), phone, pin: PIN.to_owned() });
    }
    Ok(Practice { people })
}

/// What an inbox of somebody who came with the first day would hold: the welcome, and the month that was closed since.
async fn greet(service: &Service, row: &ClusterRow, user: UserId, member: i64) -> Result<(), Failure> {
    let (name, now) = (row.name.clone(), service.people_now());
    let closed = BusinessDay::of(now, row.offset).month_start().previous();
    let done = service.store().write(move |tx| {
        let name = name.clone();
        Box::pin(async move {
            if !tx.notice_list(user, None, 1).await?.is_empty() {
                return Ok(());
            }
            let welcome = NoticeNew::new(user, "welcome").with("name", name.clone()).with("number", member.to_string());
            tx.notice_append(&[welcome], now).await?;
            let month = NoticeNew::new(user, "month-closed").with("month", i64::from(closed.month_start().0)).with("name", name);
            tx.notice_append(&[month], now.plus_ms(1)).await
        })
    });
    done.await.map_err(|error: store::StoreError| database::from_store(&error))
}

async fn alias(service: &Service, row: &ClusterRow, member: MemberNo) -> Result<String, Failure> {
    let id = row.id;
    let members = service.store().read(move |tx| Box::pin(async move { tx.member_list(id).await })).await;
    let members = members.map_err(|error| database::from_store(&error))?;
    Ok(members.into_iter().find(|row| row.no == member).map_or_else(|| format!("Home {member}"), |row| row.alias))
}

/// Four homes of five let the others see what they use, and every fourth has something to lend. What a home has said itself stays.
async fn introduce(service: &Service, row: &ClusterRow) -> Result<(), Failure> {
    let (id, opened) = (row.id, row.opened_on);
    let done = service.store().write(move |tx| {
        Box::pin(async move {
            let said = tx.entry_list(id).await?;
            for member in tx.member_list(id).await? {
                if said.iter().any(|entry| entry.member == member.no) {
                    continue;
                }
                let no = member.no.get();
                let skills = if no % 4 == 0 { SKILLS[usize::try_from(no / 4).unwrap_or(0) % SKILLS.len()] } else { "" };
                let entry = EntryRow {
                    member: member.no,
                    state: MemberState::Active,
                    alias: member.alias,
                    kind: member.kind,
                    house: String::new(),
                    residents: 0,
                    language: Language::ALL[usize::try_from(no).unwrap_or(0) % Language::ALL.len()].as_str().to_owned(),
                    skills: skills.to_owned(),
                    pledge: Ngwee(0),
                    consents: Consents { show_usage: no % 5 != 0, show_phone: no % 3 == 1, ..Consents::default() },
                    user: None,
                    serials: Vec::new(),
                    asked_on: opened,
                    decided_by: Some(0),
                    moved_from: None,
                    moved_to: None,
                };
                tx.entry_put(id, &entry).await?;
            }
            Ok(())
        })
    });
    done.await.map_err(|error: store::StoreError| database::from_store(&error))
}
