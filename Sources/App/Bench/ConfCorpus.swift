/// Configuration files as they are in real installations, made from numbers: the same number always gives the same file.
///
/// The shape is that of 10,500 members of real archives: some nine in ten are configuration, with 7 stanzas of 4 settings and
/// 3.3 KiB on average; most are small, a few large, a third of the text is comments, and the words repeat.
struct ConfCorpus {
    /// A member of an archive.
    struct File {
        let path: String
        let text: [UInt8]
        let isConfiguration: Bool
        let stanzas: Int
        let settings: Int
    }

    private static let types = ["props", "transforms", "inputs", "savedsearches", "macros", "eventtypes", "tags", "authorize"]
    private static let keys = [
        "TRUNCATE", "SHOULD_LINEMERGE", "LINE_BREAKER", "TIME_FORMAT", "TIME_PREFIX", "sourcetype", "index", "disabled", "interval",
        "REGEX",
        "FORMAT", "DEST_KEY", "EXTRACT-fields", "REPORT-fields", "search", "cron_schedule", "dispatch.earliest_time", "definition",
    ]
    private let words: [[UInt8]]

    /// Every so many-th member is no configuration.
    private let otherEvery: Int

    /// - Parameter otherEvery: one in so many members is no configuration.
    init(otherEvery: Int = 11) {
        self.otherEvery = otherEvery
        var numbers = Numbers(seed: 1)
        let syllables = [
            "ac", "cess", "log", "win", "event", "sys", "ta", "net", "flow", "auth", "http", "err", "or", "fire", "wall", "dns",
        ]
        words = (0..<4_000).map { _ in
            Array((0...numbers.below(3)).map { _ in syllables[numbers.below(syllables.count)] }.joined().utf8)
        }
    }

    /// The file of this number.
    func file(_ number: Int) -> File {
        var numbers = Numbers(seed: UInt64(number) &+ 0x9E37)
        let app = "etc/apps/app_\(number / 35)"
        if number % otherEvery == otherEvery - 1 {
            return File(
                path: "\(app)/bin/tool_\(number).py", text: comments(8, &numbers), isConfiguration: false, stanzas: 0, settings: 0)
        }
        // A few large, most small.
        let stanzas = numbers.below(20) == 0 ? 40 + numbers.below(60) : 1 + numbers.below(8)
        var text: [UInt8] = []
        var settings = 0
        text += comments(4 + stanzas, &numbers)
        for stanza in 0..<stanzas {
            text += Array("\n[source::/var/log/\(number % 997)/".utf8) + word(&numbers) + Array("_\(stanza)]\n".utf8)
            for _ in 0..<(2 + numbers.below(5)) {
                text += Array(Self.keys[numbers.below(Self.keys.count)].utf8) + Array(" = ".utf8)
                for _ in 0...numbers.below(10) { text += word(&numbers) + [0x20] }
                text[text.count - 1] = 0x0A
                settings += 1
            }
        }
        let scope = number % 3 == 0 ? "local" : "default"
        let path = "\(app)/\(scope)/\(Self.types[number % 8])_\(number % 35).conf"
        return File(path: path, text: text, isConfiguration: true, stanzas: stanzas, settings: settings)
    }

    private func comments(_ lines: Int, _ numbers: inout Numbers) -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<lines {
            text += [0x23]
            for _ in 0..<12 { text += [0x20] + word(&numbers) }
            text.append(0x0A)
        }
        return text
    }

    private func word(_ numbers: inout Numbers) -> [UInt8] { words[numbers.below(words.count)] }
}

/// xorshift64*: the same numbers on every machine.
private struct Numbers {
    private var state: UInt64

    init(seed: UInt64) {
        state = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    /// From 0 up to, not including, `bound`.
    mutating func below(_ bound: Int) -> Int {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Int((state &* 0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}
