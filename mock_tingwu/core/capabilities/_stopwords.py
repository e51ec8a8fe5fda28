"""Words that say nothing about a subject, by language; blanks separate them."""

from __future__ import annotations

from typing import Final

#: Courtesies made of function characters that mean something as a whole.
CHINESE_WHOLE: Final = """
您好 你好 谢谢 多谢 再见 对不起 不好意思 謝謝 多謝 再見 對不起 唔該 会议室 会员 客户端 服务器
"""

#: Function words of Chinese and Cantonese. Terms are cut at them.
CHINESE: Final = """
的 了 吗 呢 吧 啊 呀 嘛 么 们 我 你 您 他 她 它 这 那 哪 谁 个 是 也 都 就 很 把 被 让 和 与 或
而 且 但 之 其 及 又 些 嗎 麼 們 這 誰 個 讓 與 佢 嘅 咗 喺 哋 嗰 乜 嘢 啲 唔 冇 係 嚟 咁 喇 㗎
时候 什么 怎么 怎样 如何 为什么 是否 有没有 能否 可以 没有 现在 今天 如果 因为 所以 还是 已经
然后 觉得 知道 应该 可能 一下 一个 一种 一些 任何 所有 大家 自己 方面 关于 有关 根据 通过 之后
之前 以后 以前 期间 过程 当中 其中 多少 几个 比如 例如 包括 比较 非常 一定 必须 不是 不会 不能
不要 不用 需要 进行 对于 对於 等等 情况 時候 什麼 甚麼 點樣 沒有 現在 今日 因為 應該 已經 跟住
即係 出来 起来 下来 上来 一样 这样 那样 的话 之间 以及 还有 不了
"""

#: Words that stand in descriptions of anything.
CHINESE_WEAK: Final = """
客户 顾客 客服 坐席 员工 服务 主动 询问 提供 告知 说明 提到 使用 内容 相关 对话 会议 沟通 回答
介绍 解释 表示 要求 总结 摘要 列出 概括 分析 请问 谈话 发言 发言人 主持人 销售 店员 对方 负责
客戶 顧客 服務 會議 內容 總結 發言 負責
"""

#: Characters that are function words and parts of others: a pair of them is no term.
CHINESE_SOFT: Final = """
在 到 从 由 对 为 為 要 会 能 可 想 说 请 有 没 上 下 来 去 好 时 不 还 再 只 给 向 并 才 以 后
前 里 中 用 得 着 过 跟 做 看 第 一 二 三 两 几 多 少 大 小 年 月 日 天 點 會 對 從 來 說 沒 時
還 給 過 兩 幾
"""

#: Endings and particles of Japanese.
HIRAGANA: Final = """
ください ました ましょう ません ます でした です でしょう する して した しました という
について かどうか ところ ため ように ような とき こと もの など から まで より れる られる せる
させる いただ くださ けれど けど ので のに さん ちゃん ありま あります ある いる いた いて どの
その この あの どう なぜ いつ だれ なに よう たい ない なか を
"""

#: Runs of Chinese characters that are function words of Japanese.
JAPANESE: Final = """
場合 必要 相手 自分 以上 以下 今日 本日 一番 全部 人 時 方 前 後 中 上 下 今 日 何 的 行 来 見
言 思 出 入 事 物 様 私 僕 一 二 三 者 分 間 等 度 回 際 他 同 次 内 約 付 合 取 受 持 立 当
"""

#: Words that stand in descriptions of anything.
JAPANESE_WEAK: Final = """
客 顧客 接客 客様 店員 担当 担当者 説明 確認 会話 会議 会 案内 提供 使用 利用 内容 質問 回答
発言 要約 話 聞 伝 勧
"""

#: Function words of Korean, less the particles at their end.
KOREAN: Final = """
그리고 그런데 그러면 그래서 그럼 우리 저희 제가 여부 있는지 없는지 있는 없는 있어 있어요 없어
무엇 언제 어디 어떻게 누가 어떤 이번 오늘 지금 먼저 모든 관련 대해 대한 위해 같아 같아요 다음
하는 하고 했는지 하는지 합니다 정도 조금 좋아 혹시 하기 해야 있습니다 없습니다 그때 이때
"""

#: Words that stand in descriptions of anything.
KOREAN_WEAK: Final = """
고객 상담원 직원 상담 대화 회의 확인 제공 안내 설명 질문 내용 요약 언급 고객님 권하
"""

#: Function words of languages with Latin and Cyrillic letters.
LATIN: Final = """
the and are was were been being for with from into onto that this these those there their them
they then than his her hers him its our ours your you she who whom whose what when where which
why how has have had having does did doing done not nor but all any both each few more most
other some such only own same too very can could will would should shall may might must about
above after again against before below between down during further here just off once out over
through under until while whether also get got let make made yes okay because really actually
well now one two every everyone everybody somebody someone something anything nothing it's i'll
i'm i've we'll we're we've you're that's there's don't doesn't didn't isn't like want need first
der die das den dem des und oder aber ein eine einen einem einer ist sind war nicht mit von für
auf aus bei nach wie wann wer wir ihr sie ich auch noch nur les une est sont pas dans sur avec
pour par que qui quand nous vous ils elle mais что как это когда где кто или для при над под без
они она оно вы его её был была было
"""

#: Words that stand in descriptions of anything.
LATIN_WEAK: Final = """
customer client agent staff service conversation meeting mention ask tell say said talk speaker
explain offer provide use discuss summary summarize list politely point kunde kunden
"""
