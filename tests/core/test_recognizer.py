from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_tingwu.core.recognizer import (
    Heard,
    PassageBegan,
    Playlist,
    ScriptedRecognizer,
    SentenceBegan,
    SentenceChanged,
    SentenceEnded,
    usual_word_ends,
)
from mock_tingwu.core.script import LANGUAGES, Line, Script, Speaker
from mock_tingwu.core.scripts import library, load_script
from tests.conftest import SCRIPT
from tests.core.test_segmentation import silence, speech, tone

DEMO = load_script(SCRIPT)


def recognizer(*scripts: Script, speakers: int = 0) -> ScriptedRecognizer:
    return ScriptedRecognizer(Playlist(scripts or [DEMO]), 16_000, speakers=speakers)


def hear(pcm: bytes, frame: int = 3_200, speakers: int = 0) -> list[Heard]:
    listener = recognizer(speakers=speakers)
    heard: list[Heard] = []
    for start in range(0, len(pcm), frame):
        heard += listener.feed(pcm[start : start + frame])
    return [*heard, *listener.flush()]


def ended(heard: Sequence[Heard]) -> list[SentenceEnded]:
    return [event for event in heard if isinstance(event, SentenceEnded)]


def check_order(heard: Sequence[Heard]) -> None:
    """One begin, growing interims, one end: sentence after sentence, times in order."""
    open_index: int | None = None
    expected, shown, last_end = 0, 0, 0
    for event in heard:
        match event:
            case SentenceBegan(index, time):
                assert open_index is None
                assert index == expected
                assert time >= last_end
                open_index, shown = index, 0
            case SentenceChanged():
                assert event.index == open_index
                assert len(event.words) > shown
                shown = len(event.words)
            case SentenceEnded(index, sentence):
                assert index == open_index
                assert sentence.id == index + 1
                assert sentence.begin < sentence.end
                assert sentence.words[0].begin == sentence.begin
                assert sentence.words[-1].end == sentence.end
                for word, following in zip(sentence.words, sentence.words[1:], strict=False):
                    assert word.begin < word.end == following.begin
                last_end, open_index, expected = sentence.end, None, expected + 1
            case PassageBegan():
                pass
    assert open_index is None


def test_the_recording_says_what_the_script_says(recording: bytes) -> None:
    heard = hear(recording)
    check_order(heard)
    assert [event.sentence.text for event in ended(heard)] == [line.text for line in DEMO.lines]
    assert all(event.sentence.completes_line for event in ended(heard))


def test_what_is_heard_does_not_depend_on_how_the_client_cuts_its_frames(
    recording: bytes,
) -> None:
    reference = hear(recording)
    for frame in (2, 641, 1_280, 10_000, len(recording)):
        if frame == 2:  # two bytes at a time take long: a part of the recording will do
            assert hear(recording[:300_000], 2) == hear(recording[:300_000])
        else:
            assert hear(recording, frame) == reference


def test_interim_results_grow_word_by_word_and_hold_back_the_last(recording: bytes) -> None:
    heard = hear(recording)
    changes = [event for event in heard if isinstance(event, SentenceChanged)]
    for event in ended(heard):
        own = [change for change in changes if change.index == event.index]
        assert len(own) >= 3
        assert all(event.sentence.text.startswith(change.text) for change in own)
        assert len(own[-1].words) < len(event.sentence.words)


def test_silence_and_tones_say_nothing() -> None:
    assert hear(silence(20_000) + tone(20_000)) == []


def test_a_long_monologue_is_cut_into_sentences_that_announce_the_next() -> None:
    heard = hear(speech(60_000))
    check_order(heard)
    assert len(ended(heard)) > 5
    for event in ended(heard)[:-1]:
        assert event.stash.words
        following = ended(heard)[event.index + 1].sentence
        assert following.text.startswith(event.stash.text)
        assert event.stash.begin == following.begin == event.sentence.end


def test_a_short_pause_ends_a_sentence_whose_line_should_have_been_said() -> None:
    usual = usual_word_ends(DEMO.lines[0], 0)[-1]
    heard = hear(speech(usual) + silence(400) + speech(usual) + silence(400) + speech(usual))
    check_order(heard)
    said = [event.sentence for event in ended(heard)]
    assert [sentence.text for sentence in said] == [line.text for line in DEMO.lines[:3]]
    assert abs(said[1].begin - (usual + 400)) <= 60
    early = hear(speech(usual // 2) + silence(400) + speech(usual // 3) + silence(1_000))
    assert len(ended(early)) == 1, "a pause for breath in the middle does not"


def test_a_short_stretch_of_speech_says_a_part_of_its_line_and_the_next_the_rest() -> None:
    heard = hear(speech(900) + silence(1_500) + speech(2_500) + silence(1_500))
    check_order(heard)
    first, second = [event.sentence for event in ended(heard)]
    assert first.line is second.line
    assert not first.completes_line
    assert second.completes_line
    assert first.text + second.text == DEMO.lines[0].text
    assert (
        first.translation("en") + " " + second.translation("en")
        == (DEMO.lines[0].translations["en"])
    )


def test_a_script_that_is_over_begins_again_as_a_new_passage() -> None:
    listener = recognizer()
    heard = list(listener.imagine(200_000)) + list(listener.flush())
    check_order(heard)
    assert sum(isinstance(event, PassageBegan) for event in heard) >= 3
    assert max(event.sentence.passage for event in ended(heard)) >= 2


def test_the_speakers_that_are_told_apart_can_be_capped(recording: bytes) -> None:
    assert {event.sentence.speaker for event in ended(hear(recording))} == {0, 1}
    assert {event.sentence.speaker for event in ended(hear(recording, speakers=1))} == {0}


@pytest.mark.parametrize("step", [40, 100, 5_000, 61_333])
@pytest.mark.parametrize("language", LANGUAGES)
def test_audio_of_which_only_the_length_is_known_is_filled_with_speech(
    language: str, step: int
) -> None:
    listener = recognizer(*library(language))
    heard: list[Heard] = []
    for _ in range(max(3, 100_000 // step)):
        heard += listener.imagine(step)
    heard += listener.flush()
    check_order(heard)
    assert ended(heard)[-1].sentence.end <= listener.position
    assert listener.position == step * max(3, 100_000 // step)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("sqtf"), st.integers(20, 4_000)), max_size=8))
def test_any_mixture_is_heard_in_order(parts: list[tuple[str, int]]) -> None:
    listener = recognizer()
    heard: list[Heard] = []
    for kind, length in parts:
        if kind == "f":
            heard += listener.flush()
        else:
            make = {"s": speech, "q": silence, "t": tone}[kind]
            heard += listener.feed(make(length))
    check_order([*heard, *listener.flush()])


def test_hints_keep_only_the_lines_in_their_languages() -> None:
    lines = tuple(
        Line(number, 0, (text,), language)
        for number, (text, language) in enumerate(
            [("你好。", "cn"), ("Bonjour.", "fr"), ("Hello.", "en")], 1
        )
    )
    script = Script("s", "multilingual", "t", (Speaker("A"),), lines)
    playlist = Playlist([script], ["cn", "en"])
    assert [playlist.next()[1].text for _ in range(4)] == ["你好。", "Hello.", "你好。", "Hello."]
    unmatched = Playlist([script], ["ru"])
    assert unmatched.next()[1].text == "你好。"
    other = Script("o", "cn", "t", (Speaker("A"),), (Line(1, 0, ("再见。",), "cn"),))
    some = Playlist([script, other], ["fr"])
    assert [some.next()[1].text for _ in range(3)] == ["Bonjour."] * 3


def test_a_very_long_line_is_heard_as_several_sentences() -> None:
    line = Line(1, 0, tuple(f"word{number}" for number in range(1_000)), "en")
    script = Script("long", "en", "t", (Speaker("A"),), (line,))
    listener = recognizer(script)
    heard = [*listener.imagine(700_000), *listener.flush()]
    check_order(heard)
    assert max(len(event.sentence.words) for event in ended(heard)) <= 200
    said = [word.text for event in ended(heard)[:5] for word in event.sentence.words]
    assert said[:1_000] == list(line.words)


def test_imagined_audio_does_not_depend_on_its_steps_either() -> None:
    def imagine(step: int) -> list[Heard]:
        listener = recognizer()
        heard = [event for _ in range(60_000 // step) for event in listener.imagine(step)]
        return [*heard, *listener.flush()]

    assert imagine(40) == imagine(250) == imagine(60_000)


def test_words_take_longer_the_more_characters_they_have() -> None:
    line = Line(1, 0, ("我们", "开始", "吧。"), "cn")
    ends = usual_word_ends(line, 0)
    assert ends == [420, 840, 1_050]
    assert usual_word_ends(line, 1) == [420, 630]
