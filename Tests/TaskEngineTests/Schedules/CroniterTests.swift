import Foundation
import TaskEngine
import TestSupport
import Testing

/// Compares with an independent implementation in Python, which scripts/test installs for it.
@Suite("Cron expressions beside croniter", .timeLimit(.minutes(2)))
struct CroniterTests {
    private static let count = 3000
    private static let python = ProcessInfo.processInfo.environment["MILLRACE_TEST_PYTHON"]

    /// Answers each line `SECONDS EXPRESSION` with the next five due times after it.
    private static let program = """
        import sys
        from croniter import croniter
        for line in sys.stdin:
            start, text = line.rstrip("\\n").split(" ", 1)
            due = croniter(text, float(start))
            print(*(int(due.get_next(float)) for _ in range(5)))
        """

    @Test(
        "in UTC, thousands of random expressions are due when croniter says",
        .enabled(if: python != nil, "MILLRACE_TEST_PYTHON names no Python that has croniter; scripts/test-python makes one"))
    func agree() throws {
        let seed = ProcessInfo.processInfo.environment["MILLRACE_CRON_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let cases = (0..<Self.count).map { _ in
            (start: Int64.random(in: 0...4_000_000_000, using: &random), text: RandomCron.expression(using: &random))
        }
        let answers = try Self.ask(cases.map { "\($0.start) \($0.text)" })
        try #require(answers.count == Self.count, "croniter refused one; MILLRACE_CRON_SEED=\(seed)")
        for (test, answer) in zip(cases, answers) {
            let timing = try ScheduleTiming.cron(CronExpression(test.text), .utc)
            let times = timing.next(5, after: test.start * 1_000_000).map { "\($0 / 1_000_000)" }.joined(separator: " ")
            guard times == answer else {
                Issue.record("'\(test.text)' after \(test.start): \(times), croniter \(answer); MILLRACE_CRON_SEED=\(seed)")
                return
            }
        }
    }

    /// The questions are in a file: a pipe would fill up while nobody reads.
    private static func ask(_ lines: [String]) throws -> [Substring] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("millrace-cron-\(UUID().uuidString)")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python ?? "")
        process.arguments = ["-c", program]
        process.standardInput = try FileHandle(forReadingFrom: file)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
    }
}

/// Expressions that come to pass, in all the ways of writing that croniter reads as cron(8) does. It reads `5-5` as every
/// minute, and a step of one as a restriction: those are left out.
private enum RandomCron {
    static func expression(using random: inout SeededRandom) -> String {
        while true {
            let text = [
                field(0...59, using: &random), field(0...23, using: &random), field(1...31, using: &random),
                field(1...12, months, using: &random), field(0...7, weekdays, using: &random),
            ].joined(separator: " ")
            if (try? CronExpression(text)) != nil { return text }
        }
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    private static func field(_ range: ClosedRange<Int>, _ names: [String] = [], using random: inout SeededRandom) -> String {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3: return "*"
        case 3..<5: return "*/\(Int.random(in: 2...range.count / 2, using: &random))"
        case 5..<8: return element(range, names, using: &random)
        default:
            return (0..<Int.random(in: 2...4, using: &random)).map { _ in element(range, names, using: &random) }.joined(separator: ",")
        }
    }

    private static func element(_ range: ClosedRange<Int>, _ names: [String], using random: inout SeededRandom) -> String {
        let low = Int.random(in: range, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where low < range.upperBound - 1:
            // A range that ends with the seventh day goes round there.
            let high = Int.random(in: low + 1...range.upperBound - (names.count == 7 ? 1 : 0), using: &random)
            return "\(low)-\(high)" + (Bool.random(using: &random) ? "/\(Int.random(in: 2...5, using: &random))" : "")
        case 1: return "\(low)/\(Int.random(in: 2...6, using: &random))"
        case 2: return names.randomElement(using: &random) ?? "\(low)"
        default: return "\(low)"
        }
    }
}
