import Foundation
import Logging
import Storage
import TaskEngine
import Testing

@Suite("Registering task types")
struct RegistryTests {
    struct Report: TaskParameters {
        static let taskName = "test.report"
        var day: Date
        var lines: [Line]
        var title: String?

        struct Line: Codable, Sendable { var count: Int8 }
    }

    struct Named<Name: TestName>: TaskParameters {
        static var taskName: String { Name.text }
    }

    protocol TestName: Sendable { static var text: String { get } }
    enum Empty: TestName { static let text = "" }
    enum Blank: TestName { static let text = "send mail" }
    enum Foreign: TestName { static let text = "grüße" }
    enum Long: TestName { static let text = String(repeating: "x", count: 201) }
    enum Good: TestName { static let text = "mail.send:v2" }

    private func fault(_ register: (inout TaskRegistry) -> Void) -> String? {
        var registry = TaskRegistry()
        DemoTasks.register(in: &registry)
        register(&registry)
        do {
            try registry.check()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("a name that is taken is named with both its owners, and the first keeps it")
    func taken() throws {
        #expect(fault { $0.register(Named<Good>.self, options: .init(aliases: ["mail"])) { _, _ in } } == nil)
        let alias = fault { $0.register(Named<Good>.self, options: .init(aliases: ["demo.echo"])) { _, _ in } }
        #expect(alias == "the name 'demo.echo' of the task type 'mail.send:v2' belongs to 'demo.echo' already")
        let twice = fault { registry in
            registry.register(Named<Good>.self) { _, _ in }
            registry.register(Named<Good>.self, options: .init(queue: "other")) { _, _ in }
            #expect(registry.type(named: "mail.send:v2")?.options.queue == "default")
        }
        #expect(twice?.contains("'mail.send:v2' is registered twice") == true)
    }

    @Test("a name that is none is refused")
    func names() {
        #expect(fault { $0.register(Named<Empty>.self) { _, _ in } }?.contains("'' is no name") == true)
        #expect(fault { $0.register(Named<Blank>.self) { _, _ in } }?.contains("'send mail' is no name") == true)
        #expect(fault { $0.register(Named<Foreign>.self) { _, _ in } }?.contains("'grüße' is no name") == true)
        #expect(fault { $0.register(Named<Long>.self) { _, _ in } }?.contains("is no name") == true)
        #expect(fault { $0.register(Named<Good>.self, options: .init(aliases: ["a b"])) { _, _ in } }?.contains("'a b'") == true)
    }

    @Test(
        "options that make no sense are refused",
        arguments: [
            TaskTypeOptions(retry: .exponentialJitter(maxRetries: -1)), TaskTypeOptions(retry: .exponentialJitter(maxRetries: 1001)),
            TaskTypeOptions(retry: .exponentialJitter(base: .seconds(-1))), TaskTypeOptions(softLimit: .zero),
            TaskTypeOptions(timeout: .seconds(-5)),
        ])
    func options(_ options: TaskTypeOptions) {
        #expect(fault { $0.register(Named<Good>.self, options: options) { _, _ in } }?.contains("mail.send:v2") == true)
    }

    /// Runs a handler of ``Report`` that returns what it got.
    private func run(_ input: String) async throws -> String? {
        var registry = TaskRegistry()
        registry.register(Report.self) { parameters, _ in parameters }
        let type = try #require(registry.type(named: "test.report"))
        return try await registry.run(type, input: input, context: .forTesting())
    }

    @Test("times are RFC 3339, optionals may be left out and unknown members are passed over")
    func decodes() async throws {
        let output = try await run(#"{"day": "2030-01-31T08:00:00Z", "lines": [{"count": 1}], "other": [1]}"#)
        #expect(output == #"{"day":"2030-01-31T08:00:00.000Z","lines":[{"count":1}]}"#)
        #expect(try await run(#"{"day": "2030-01-31T08:00:00.25+01:00", "lines": []}"#)?.contains("T07:00:00.250Z") == true)
    }

    @Test(
        "an input that does not fit is a permanent failure in the words of the input",
        arguments: [
            (#"{"lines": []}"#, "lacks 'day'"), (#"{"day": "2030-01-31T08:00:00Z", "lines": [{}]}"#, "lacks 'lines.0.count'"),
            (#"{"day": "2030-01-31T08:00:00Z", "lines": [{"count": "x"}]}"#, "'lines.0.count'"),
            (#"{"day": "2030-01-31T08:00:00Z", "lines": [{"count": 1000}]}"#, "does not fit"),
            (#"{"day": "2030-01-31T08:00:00Z", "lines": null}"#, "'lines' is null"), (#"{"day": "tomorrow", "lines": []}"#, "RFC 3339"),
            (#"{"day": 5, "lines": []}"#, "'day'"), ("[]", "does not fit"), ("7", "does not fit"),
        ])
    func refuses(input: String, words: String) async throws {
        let error = await #expect(throws: TaskFailure.self) { try await run(input) }
        guard case .permanent(let failure)? = error else {
            Issue.record("not permanent: \(String(describing: error))")
            return
        }
        #expect(failure.code == "invalid_input")
        #expect(failure.message.contains(words), "\(failure.message)")
    }

    @Test("an output that JSON cannot say is a permanent failure")
    func output() async throws {
        var registry = TaskRegistry()
        registry.register(Named<Good>.self) { _, _ in ["x": Double.nan] }
        let type = try #require(registry.type(named: "mail.send:v2"))
        let error = await #expect(throws: TaskFailure.self) { try await registry.run(type, input: "{}", context: .forTesting()) }
        guard case .permanent(let failure)? = error else {
            Issue.record("not permanent: \(String(describing: error))")
            return
        }
        #expect(failure.code == "invalid_output")
        #expect(failure.message.contains("'x'"))
    }

    @Test("a handler can be tested without engine and database")
    func testing() async throws {
        let context = TaskContext.forTesting(attempt: 3)
        context.progress(0.5)
        context.logger.info("a line")
        context.complete { try $0.execute("no SQL at all") }
        try context.submit(Report(day: Date(timeIntervalSince1970: 0), lines: [], title: "x"))
        #expect(context.attempt == 3)
        #expect(context.followUps.map(\.type) == ["test.report"])
        #expect(context.followUps[0].input == #"{"day":"1970-01-01T00:00:00.000Z","lines":[],"title":"x"}"#)
    }

    @Test("delays beyond all measure are cut and not a crash")
    func durations() {
        let strategy = RetryStrategy.exponentialJitter(base: .seconds(Int64.max), cap: .seconds(Int64.max))
        #expect(strategy.delay(beforeRetry: 60, random: 0.999) <= .seconds(101 * 366 * 86_400))
        #expect(strategy.delay(beforeRetry: 60, random: 0.999) > .seconds(86_400))
    }
}
