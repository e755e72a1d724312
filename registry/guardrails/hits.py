"""Find what the words of a sentence mean, language by language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from registry.guardrails.lexicon import GAP_WORDS, Entry, Lexicon, fits, lexicon
from registry.guardrails.sentences import Sentence
from registry.guardrails.text_view import WORD

_LETTER_GAP = 12  # characters that ".." may stand for in a script without spaces
# Characters that make one word's worth of distance in scripts without spaces.
_LETTERS_PER_WORD = {"ja": 3.0, "zh": 2.0, "ko": 3.0, "th": 4.5}


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the view, with its place counted in words from the sentence's start."""

    text: str
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Hit:
    """A concept met in a sentence: first..last in words, start..end in the view.

    Made, measured and marked while a sentence is read; nobody changes it afterwards.
    """

    concept: str
    first: float
    last: float
    start: int
    end: int
    language: str
    negated: bool = False
    quoted: bool = False
    gapped: bool = False


def tokens_of(text: str, sentence: Sentence) -> list[Token]:
    """The words of a sentence."""
    return [
        Token(found.group(), found.start(), found.end())
        for found in WORD.finditer(text, sentence.start, sentence.end)
    ]


def hits_of(
    text: str,
    sentence: Sentence,
    tokens: Sequence[Token],
    spoken: Iterable[str],
    quotes: Sequence[tuple[int, int]],
) -> list[Hit]:
    """Every concept met, in reading order; `spoken` are the languages to read it in."""
    books = [lexicon(language) for language in spoken]
    # One measure of distance a sentence: words, or letters where a script has no spaces.
    letters = next((book for book in books if book.by_letters), None)
    per_word = _LETTERS_PER_WORD.get(letters.language, 3.0) if letters else None
    found: list[Hit] = []
    for book in books:
        if book.by_letters:
            found.extend(_hits_by_letters(text, sentence, book))
        else:
            found.extend(_hits_by_words(tokens, book))
    for hit in found:
        if per_word:
            hit.first = (hit.start - sentence.start) / per_word
            hit.last = max(hit.first, (hit.end - sentence.start) / per_word - 1)
        if quotes:
            hit.quoted = any(start <= hit.start and hit.end <= end for start, end in quotes)
    found.sort(key=lambda hit: (hit.start, hit.end))
    return found


def _hits_by_words(tokens: Sequence[Token], book: Lexicon) -> list[Hit]:
    found: list[Hit] = []
    swallowed = -1
    final = len(tokens) - 1
    for place, token in enumerate(tokens):
        following = tokens[place + 1].text if place < final else ""
        for entry in book.entries_at(token.text, following):
            last = place if len(entry.words) == 1 else _last_word(tokens, place, entry, book)
            if last is None:
                continue
            if "_" in entry.concepts:
                swallowed = max(swallowed, last)
                break  # the longest come first: nothing shorter may speak
            if place > swallowed:
                for concept in entry.concepts:
                    found.append(
                        Hit(
                            concept,
                            place,
                            last,
                            token.start,
                            tokens[last].end,
                            book.language,
                            entry.negated,
                            gapped=entry.gapped,
                        )
                    )
    return found


def _last_word(tokens: Sequence[Token], place: int, entry: Entry, book: Lexicon) -> int | None:
    at, gap = place, 0
    for wanted, stem in entry.words[1:]:
        if wanted == "..":
            gap = GAP_WORDS
            continue
        for candidate in range(at + 1, min(at + 2 + gap, len(tokens))):
            if fits(book.language, tokens[candidate].text, wanted, stem):
                at = candidate
                break
        else:
            return None
        gap = 0
    return at


def _hits_by_letters(text: str, sentence: Sentence, book: Lexicon) -> list[Hit]:
    found: list[Hit] = []
    body = text[sentence.start : sentence.end]
    if book.language == "zh":
        body = body.translate(SIMPLIFIED)
    swallowed = 0
    for place, letter in enumerate(body):
        if place < swallowed or letter not in book.letters:
            continue
        for head, entry in book.letters[letter]:
            if not body.startswith(head, place):
                continue
            end = _last_letter(body, place + len(head), entry)
            if end is None:
                continue
            if "_" in entry.concepts:
                swallowed = end
                break
            start = sentence.start + place
            found.extend(
                Hit(concept, 0, 0, start, sentence.start + end, book.language, entry.negated)
                for concept in entry.concepts
            )
    return found


def _last_letter(body: str, end: int, entry: Entry) -> int | None:
    for wanted, _ in entry.words[1:]:
        if wanted == "..":
            continue
        at = body.find(wanted, end, end + _LETTER_GAP + len(wanted))
        if at < 0:
            return None
        end = at + len(wanted)
    return end


# Traditional forms of the characters that the Chinese lexicon uses.
SIMPLIFIED = str.maketrans(
    dict(
        pair
        for pair in [
            "規规",
            "則则",
            "無无",
            "視视",
            "過过",
            "濾滤",
            "設设",
            "計计",
            "絕绝",
            "對对",
            "當当",
            "為为",
            "這这",
            "個个",
            "們们",
            "麼么",
            "讓让",
            "給给",
            "顯显",
            "輸输",
            "複复",
            "說说",
            "話话",
            "問问",
            "題题",
            "實实",
            "際际",
            "檢检",
            "測测",
            "評评",
            "審审",
            "訊讯",
            "號号",
            "碼码",
            "銀银",
            "證证",
            "護护",
            "騙骗",
            "編编",
            "壞坏",
            "語语",
            "詞词",
            "該该",
            "條条",
            "應应",
            "須须",
            "請请",
            "嗎吗",
            "間间",
            "機机",
            "構构",
            "師师",
            "員员",
            "電电",
            "腦脑",
            "動动",
            "從从",
            "現现",
            "開开",
            "關关",
            "閉闭",
            "鎖锁",
            "權权",
            "優优",
            "級级",
            "劑剂",
            "藥药",
            "診诊",
            "斷断",
            "療疗",
            "醫医",
            "訴诉",
            "訟讼",
            "勝胜",
            "賠赔",
            "償偿",
            "風风",
            "險险",
            "損损",
            "資资",
            "穩稳",
            "賺赚",
            "匯汇",
            "報报",
            "齡龄",
            "種种",
            "別别",
            "歲岁",
            "殺杀",
            "傷伤",
            "熱热",
            "線线",
            "緊紧",
            "繫系",
            "聯联",
            "絡络",
            "轉转",
            "專专",
            "業业",
            "務务",
            "處处",
            "誠诚",
            "虛虚",
            "據据",
            "數数",
            "獻献",
            "導导",
            "滿满",
            "將将",
            "許许",
            "諾诺",
            "擔担",
            "獲获",
            "錢钱",
            "萬万",
            "與与",
            "後后",
            "來来",
            "內内",
            "約约",
            "詢询",
            "談谈",
            "論论",
            "記记",
            "憶忆",
            "刪删",
            "變变",
            "蓋盖",
            "執执",
            "續续",
            "舊旧",
            "寫写",
            "戶户",
            "帳账",
            "國国",
            "膚肤",
            "貧贫",
            "較较",
            "慢慢",
            "區区",
            "寧宁",
            "願愿",
            "認认",
            "還还",
            "僅仅",
            "隱隐",
            "裝装",
            "類类",
            "發发",
            "產产",
            "遵遵",
            "輯辑",
            "複复",
            "標标",
            "準准",
            "決决",
            "圍围",
            "離离",
            "買买",
            "賣卖",
            "價价",
            "單单",
            "達达",
            "頭头",
            "腳脚",
            "脫脱",
            "違违",
            "棄弃",
            "體体",
            "嚴严",
            "誰谁",
            "會会",
            "負负",
            "責责",
            "盡尽",
            "總总",
            "結结",
            "統统",
            "項项",
            "訓训",
            "練练",
            "長长",
            "聽听",
            "從从",
            "幫帮",
            "爾尔",
            "極极",
            "諮咨",
            "覺觉",
            "異异",
            "歷历",
            "蘭兰",
            "積积",
            "極极",
            "敗败",
            "術术",
            "獎奖",
            "確确",
            "親亲",
        ]
    )
)
