"""A store knows its long columns by number, too, and anyone can say which number."""

from hypothesis import given
from hypothesis import strategies as st
from tests.store.samples import action, batch, new_folder

from commonmode.events import DIGESTED, DIGESTS
from commonmode.store import Writer, connect

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
SAID = ", ".join(f'md5_number_lower("{name}")' for name in DIGESTED)


@given(given=st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(DIGESTED[1:], TEXTS))))
def test_a_digest_is_the_lower_half_of_the_md5_of_its_text(given: list[dict[str, str]]) -> None:
    with new_folder() as folder, Writer(folder) as writer:
        writer.append(batch(action(number, **fields) for number, fields in enumerate(given)))
        with connect(folder) as store:
            kept = store.query(f"SELECT {', '.join(DIGESTS)} FROM events ORDER BY seq").rows()
            said = store.query(f"SELECT {SAID} FROM events ORDER BY seq").rows()

    assert kept == said
    assert len(kept) == len(given)
