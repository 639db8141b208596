"""Real calls through a client that was generated from the document alone. Arguments: the server's address, a token."""

import sys

from client import AuthenticatedClient, Client
from client.api.auth import session_create
from client.api.clusters import cluster_dashboard, cluster_read, create_cluster, rules_read
from client.api.ledger import transfer_list
from client.api.members import member_statement
from client.api.readings import readings_append
from client.api.users import profile
from client.api.wallets import wallet_pay
from client.models import ClusterCreate, Household, Payment, Problem, ReadingCreate, SessionCreate
from client.types import UNSET


def main(address, token):
    nobody = Client(base_url=address)
    member = AuthenticatedClient(base_url=address, token=token)

    card = cluster_read.sync("MULENGA", client=nobody)
    assert card.homes == 4 and card.settings is UNSET, card
    refused = session_create.sync(client=nobody, body=SessionCreate(phone="0971999999", pin="8305"))
    assert isinstance(refused, Problem) and refused.code == "login_refused", refused

    me = profile.sync(client=member)
    assert [at.cluster for at in me.cluster_memberships] == ["MULENGA"], me
    statement = member_statement.sync("MULENGA", 1, client=member)
    assert statement.month == "2026-03" and len(statement.days) == 2, statement
    assert sum(line.money_ngwee for line in statement.receipt.lines) == statement.receipt.total_ngwee
    board = cluster_dashboard.sync("MULENGA", client=member)
    assert board.cluster.code == "MULENGA" and len(board.today) == 96, board.day_on
    assert rules_read.sync("MULENGA", client=member).governance.rules.classes.money.quorum.approval == "1/3"

    payment = Payment(from_member=1, to_member=2, amount_ngwee=125)
    paid = wallet_pay.sync("MULENGA", client=member, body=payment, idempotency_key="client-1")
    again = wallet_pay.sync("MULENGA", client=member, body=payment, idempotency_key="client-1")
    assert paid.transfer_no == again.transfer_no and again.is_repeat, (paid, again)
    results = wallet_pay.sync("MULENGA", client=member, body=[payment, payment], idempotency_key="client-2")
    assert len(results.items) == 2 and all(item.code is UNSET for item in results.items), results
    numbers, after = [], UNSET
    while True:
        page = transfer_list.sync("MULENGA", client=member, after=after, limit=5)
        numbers += [row.transfer_no for row in page.items]
        after = page.next_
        if not after:
            break
    assert paid.transfer_no in numbers and numbers == sorted(set(numbers)), numbers

    start = statement.days and board.today[0].start_at + 86_400_000
    reading = ReadingCreate(meter="MULENGA-M1", start_at=start, consumption_wh=90)
    report = readings_append.sync("MULENGA", client=member, body=[reading])
    assert report.accepted == 1 and report.refused == [], report
    home = Household(alias="Generated home", contribution_ngwee=300_000)
    new = ClusterCreate(name="Generated", kind="micro", place="Kabwe", region="kabwe", connection="one_point", household=home)
    founded = create_cluster.sync(client=member, body=new, idempotency_key="client-3")
    assert founded.name == "Generated", founded
    print("the generated client agrees")


main(*sys.argv[1:])
