package import Storage
import Synchronization

/// Plans of definitions in use, compiled once per process. Kept by the digest of the text, so that an entry is right whatever
/// becomes of the transaction that brought it. Bounded by the nodes and the bytes of the definitions it holds.
package final class WorkflowPlans: Sendable {
    /// Nodes of all plans together, above which all are forgotten. A node takes some 2 KiB.
    package static let mostNodes = 100_000
    /// Bytes of all definitions together, above which all are forgotten: a node may have a large input. One that is larger is
    /// kept by itself.
    package static let mostBytes = 32 << 20

    private struct State {
        var plans: [String: WorkflowPlan] = [:]
        var nodes = 0
        var bytes = 0
    }

    private let state = Mutex(State())
    private let mostNodes: Int
    private let mostBytes: Int

    package init(mostNodes: Int = mostNodes, mostBytes: Int = mostBytes) {
        self.mostNodes = mostNodes
        self.mostBytes = mostBytes
    }

    /// The plan of a stored definition; read and compiled when it is not at hand.
    /// - Throws: ``StorageError/Code/corrupt`` when there is none or it cannot be read any more.
    package func plan(_ head: RunHead, on connection: any Connection) throws -> WorkflowPlan {
        if let known = known(head.digest) { return known }
        guard let text = try ReadDefinitions.text(head.definition, on: connection) else {
            throw StorageError(.corrupt, "the definition \(head.definition) of run \(head.id) is gone")
        }
        return try plan(digest: head.digest, text: text)
    }

    /// The plan of a definition's text.
    /// - Throws: ``StorageError/Code/corrupt`` for a text that was never accepted.
    package func plan(digest: String, text: String) throws -> WorkflowPlan {
        if let known = known(digest) { return known }
        guard case .accepted(let plan, _) = WorkflowDefinition.parse(text, rules: .stored) else {
            throw StorageError(.corrupt, "a stored workflow definition cannot be read")
        }
        keep(plan, digest: digest, bytes: text.utf8.count)
        return plan
    }

    /// Nil when it has to be read.
    func known(_ digest: String) -> WorkflowPlan? { state.withLock { $0.plans[digest] } }

    private func keep(_ plan: WorkflowPlan, digest: String, bytes: Int) {
        state.withLock { state in
            if state.nodes + plan.nodes.count > mostNodes || state.bytes + bytes > mostBytes { state = State() }
            guard state.plans.updateValue(plan, forKey: digest) == nil else { return }
            state.nodes += plan.nodes.count
            state.bytes += bytes
        }
    }

    /// How many plans are at hand.
    package var count: Int { state.withLock { $0.plans.count } }
}
