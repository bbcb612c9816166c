import Foundation
import JSONText

/// `demo.*`: for trying the engine out and for benchmarks.
package enum DemoTasks {
    /// Registers all of them.
    package static func register(in registry: inout TaskRegistry) {
        registry.register(name: "demo.noop") { _, _ in nil }
        registry.register(name: "demo.echo") { input, _ in input }
        registry.register(name: "demo.clock") { _, _ in #"{"started_at_us":\#(EngineClock.system.now())}"# }
        registry.register(Sleep.self) { parameters, _ in try await sleep(parameters) }
        registry.register(Fail.self) { parameters, context in try fail(parameters, context) }
        registry.register(Spin.self) { parameters, _ in spin(parameters) }
    }

    /// Sleeps; ends early when cancelled.
    struct Sleep: TaskParameters {
        static let taskName = "demo.sleep"
        var ms: Int64
    }

    /// Fails its first `times` attempts, all of them when nil.
    struct Fail: TaskParameters {
        static let taskName = "demo.fail"
        var message: String
        var permanent: Bool?
        var times: Int?
    }

    /// Keeps a core busy and does not listen to cancellation.
    struct Spin: TaskParameters {
        static let taskName = "demo.spin"
        var ms: Int64
    }

    private static func sleep(_ parameters: Sleep) async throws {
        try await Task.sleep(for: .milliseconds(max(parameters.ms, 0)))
    }

    private static func fail(_ parameters: Fail, _ context: TaskContext) throws {
        if let times = parameters.times, context.attempt > times { return }
        let error = TaskError(code: "demo_failure", message: parameters.message)
        throw parameters.permanent == true ? TaskFailure.permanent(error) : error
    }

    private static func spin(_ parameters: Spin) {
        let end = ContinuousClock.now + .milliseconds(max(parameters.ms, 0))
        while ContinuousClock.now < end {}
    }
}
