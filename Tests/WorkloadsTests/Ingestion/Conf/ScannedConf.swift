import Testing
import Workloads

/// What the scanner makes of a file, in a form that a table of cases can spell out: `1 [stanza]`, `2 key=value`,
/// `3 problem_code`.
struct ScannedConf {
    var items: [String] = []
    var problems: [String] = []
    var ignoredLines = 0
    var omittedProblems = 0

    init(_ bytes: [UInt8], limits: ConfLimits = ConfLimits()) {
        bytes.withUnsafeBytes { buffer in
            var scanner = ConfScanner(buffer, limits: limits)
            while let item = scanner.next() {
                switch item {
                case .stanza(let name, let line): items.append("\(line) [\(name.string)]")
                case .setting(let key, let value, let line): items.append("\(line) \(key.string)=\(value.string)")
                }
            }
            problems = scanner.problems.map { "\($0.line) \($0.code.rawValue)" }
            ignoredLines = scanner.ignoredLines
            omittedProblems = scanner.omittedProblems
        }
    }

    init(_ text: String, limits: ConfLimits = ConfLimits()) {
        self.init(Array(text.utf8), limits: limits)
    }
}

/// A file, and what it must give.
struct ConfCase: Sendable, CustomTestStringConvertible {
    let rule: String
    let bytes: [UInt8]
    let items: [String]
    let problems: [String]
    let ignoredLines: Int

    init(_ rule: String, _ text: String, _ items: [String], problems: [String] = [], ignored: Int = 0) {
        self.init(rule, bytes: Array(text.utf8), items, problems: problems, ignored: ignored)
    }

    init(_ rule: String, bytes: [UInt8], _ items: [String], problems: [String] = [], ignored: Int = 0) {
        self.rule = rule
        self.bytes = bytes
        self.items = items
        self.problems = problems
        ignoredLines = ignored
    }

    var testDescription: String { rule }
}
