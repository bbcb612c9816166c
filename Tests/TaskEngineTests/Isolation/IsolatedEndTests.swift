import Logging
import TaskEngine
import TestSupport
import Testing

@Suite("What a child says of its handler's end")
struct IsolatedEndTests {
    private let context = TaskContext.forTesting()

    @Test("an output that is JSON is taken as it is", arguments: [nil, "1", #"{"a": [1, 2]}"#, " [ ] ", #""\u00e9""#])
    func output(text: String?) throws {
        #expect(try IsolatedEnd.succeeded(output: text, followUps: []).deliver(to: context) == text)
    }

    @Test(
        "an output that is none fails the attempt",
        arguments: ["", "{", "1 2", "NaN", "{'a': 1}", "\u{0}", String(repeating: "[", count: 10_000)])
    func noJSON(text: String) {
        let error = #expect(throws: TaskError.self) { try IsolatedEnd.succeeded(output: text, followUps: []).deliver(to: context) }
        #expect(error?.code == "child_protocol")
    }

    @Test("an output beyond the limit fails the attempt")
    func large() {
        let text = "\"" + String(repeating: "x", count: IsolatedEnd.largestOutput) + "\""
        let error = #expect(throws: TaskError.self) { try IsolatedEnd.succeeded(output: text, followUps: []).deliver(to: context) }
        #expect(error?.code == "child_protocol")
    }

    @Test("follow-ups go to the context")
    func followUps() throws {
        _ = try IsolatedEnd.succeeded(output: nil, followUps: [.init(type: "demo.noop"), .init(type: "demo.echo", input: "[1]")])
            .deliver(to: context)
        #expect(context.followUps.map(\.type) == ["demo.noop", "demo.echo"])
        #expect(context.followUps.last?.input == "[1]")
    }

    @Test("what the handler threw is thrown")
    func failures() {
        #expect(throws: TaskError(code: "x", message: "y")) {
            try IsolatedEnd.retry(code: "x", message: "y", afterMicroseconds: nil).deliver(to: context)
        }
        #expect { try IsolatedEnd.retry(code: "x", message: "y", afterMicroseconds: 5).deliver(to: context) } throws: { error in
            guard case TaskFailure.retry(let error, let after) = error else { return false }
            return error.code == "x" && after == .microseconds(5)
        }
        #expect { try IsolatedEnd.failed(code: "x", message: "y").deliver(to: context) } throws: { error in
            guard case TaskFailure.permanent(let error) = error else { return false }
            return error.message == "y"
        }
        #expect { try IsolatedEnd.snoozed(microseconds: -7).deliver(to: context) } throws: { error in
            guard case TaskFailure.snooze(let delay) = error else { return false }
            return delay == .zero
        }
    }

    @Test("code and message are cut, however long they are")
    func cut() {
        let end = IsolatedEnd.retry(
            code: String(repeating: "c", count: 100_000), message: String(repeating: "m", count: 100_000), afterMicroseconds: nil)
        let error = #expect(throws: TaskError.self) { try end.deliver(to: context) }
        #expect((error?.code.count ?? 0) == 100)
        #expect((error?.message.count ?? 0) < 5000)
    }
}
