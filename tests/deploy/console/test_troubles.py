"""What the console reports about the parts that it cannot reach."""

from deploy.console.troubles import Code, Troubles


def test_each_trouble_is_told_in_words_and_as_a_code_in_one_order() -> None:
    troubles = Troubles()
    for code in Code:
        troubles.begin(f"http://{code.value}", code, "because")
    words, coded = troubles.all(), troubles.coded()
    assert len(words) == len(coded) == len(Code)
    for sentence, trouble in zip(words, coded, strict=True):
        assert sentence.startswith(f"{trouble['part']} ")
        assert sentence.endswith(f": because (since {trouble['since']})")


def test_a_trouble_keeps_the_time_when_it_began() -> None:
    troubles = Troubles()
    troubles.begin("Kafka", Code.KAFKA_SILENT)
    (first,) = troubles.coded()
    troubles.begin("Kafka", Code.KAFKA_SILENT, "another cause")
    (second,) = troubles.coded()
    assert (second["since"], second["detail"]) == (first["since"], "another cause")
    troubles.end("Kafka")
    assert troubles.all() == []
