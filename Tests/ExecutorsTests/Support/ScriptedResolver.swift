import Executors
import NetworkAddresses
import Synchronization
import TestSupport

/// Answers with what the test says, the last answer again and again.
final class ScriptedResolver: HostResolver {
    /// Every name asked for.
    let asked = TestSignal<String>()
    private let answers: Mutex<[[String]]>

    init(_ answers: [[String]]) {
        self.answers = Mutex(answers)
    }

    func addresses(of name: String) async throws -> [IPAddress] {
        asked.send(name)
        let answer = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? [] }
        return answer.compactMap { IPAddress($0) }
    }
}

/// Never answers; ends when its caller is cancelled.
struct SilentResolver: HostResolver {
    let asked = TestSignal<String>()

    func addresses(of name: String) async throws -> [IPAddress] {
        asked.send(name)
        try await Task.sleep(for: .seconds(3600))
        return []
    }
}
