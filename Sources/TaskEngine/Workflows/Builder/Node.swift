import JSONText

/// A node of a ``Workflow``: a task, or a wait for an event or a time, or a run of another workflow.
public struct Node: Sendable {
    /// What its failure means for the run.
    public enum OnFailure: String, Sendable, CaseIterable {
        /// The run fails once its other branches have ended; nodes below are skipped.
        case fail
        /// The nodes below run as if it had succeeded, with null as its output.
        case `continue`
    }

    /// Names of parents; a single name may stand for a list of one.
    public struct Parents: Sendable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
        let ids: [String]

        /// These nodes.
        public init(_ ids: [String]) {
            self.ids = ids
        }

        public init(stringLiteral id: String) {
            ids = [id]
        }

        public init(arrayLiteral ids: String...) {
            self.ids = ids
        }
    }

    private let id: String
    private let parents: [String]
    private let when: String?
    private let onFailure: OnFailure
    /// Name and JSON text of all other fields, in order.
    private let fields: [(name: String, json: String)]

    private init(_ id: String, _ after: Parents, _ when: String?, _ onFailure: OnFailure, _ fields: [(String, String?)]) {
        self.id = id
        parents = after.ids
        self.when = when
        self.onFailure = onFailure
        self.fields = fields.compactMap { name, json in json.map { (name, $0) } }
    }

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.field("id", id)
            for (name, json) in fields { object.fieldRaw(name, json) }
            if !parents.isEmpty {
                object.key("depends_on")
                object.array { array in for parent in parents { array.value(parent) } }
            }
            if let when { object.field("when", when) }
            if onFailure != .fail { object.field("on_failure", onFailure.rawValue) }
        }
    }
}

extension Node {
    /// Runs a task. Nil: as a submit that does not say it.
    /// - Parameters:
    ///   - id: Unique in the workflow.
    ///   - task: Name or alias of a task type.
    ///   - after: The nodes that must have ended before.
    ///   - input: The task's input.
    ///   - foreach: A list, or one reference to a list: one task for each element, which the input calls `${item}`.
    ///   - concurrency: Most of these tasks at once; nil for as many as their pool runs.
    ///   - when: A condition; false skips the node. See docs/workflows.md.
    ///   - priority: 0 highest … 9.
    public init(
        _ id: String, task: String, after: Parents = [], input: WorkflowValue? = nil, foreach: WorkflowValue? = nil,
        concurrency: Int? = nil,
        when: String? = nil, queue: String? = nil, priority: Int? = nil, retry: RetryStrategy? = nil, softTimeout: Duration? = nil,
        timeout: Duration? = nil, onFailure: OnFailure = .fail
    ) {
        self.init(
            id, after, when, onFailure,
            [
                ("task", JSONLiteral.quoted(task)), ("input", input?.json), ("foreach", foreach?.json),
                ("concurrency", concurrency.map(String.init)), ("queue", queue.map(JSONLiteral.quoted)),
                ("priority", priority.map(String.init)),
                ("retry", retry.map(Self.json)), ("soft_timeout_ms", softTimeout.map { String($0.wholeMilliseconds) }),
                ("timeout_ms", timeout.map { String($0.wholeMilliseconds) }),
            ])
    }

    /// Runs a task of this type; see ``init(_:task:after:input:foreach:concurrency:when:queue:priority:retry:softTimeout:timeout:onFailure:)``.
    public init<Parameters: TaskParameters>(
        _ id: String, task: Parameters.Type, after: Parents = [], input: WorkflowValue? = nil, foreach: WorkflowValue? = nil,
        concurrency: Int? = nil, when: String? = nil, queue: String? = nil, priority: Int? = nil, retry: RetryStrategy? = nil,
        softTimeout: Duration? = nil, timeout: Duration? = nil, onFailure: OnFailure = .fail
    ) {
        self.init(
            id, task: Parameters.taskName, after: after, input: input, foreach: foreach, concurrency: concurrency, when: when, queue: queue,
            priority: priority, retry: retry, softTimeout: softTimeout, timeout: timeout, onFailure: onFailure)
    }

    /// Waits until an event of this name is sent to the run; its data is the node's output.
    /// - Parameter timeout: The node fails after it; nil waits as long as the run may.
    public init(
        _ id: String, waitsFor event: String, after: Parents = [], timeout: Duration? = nil, when: String? = nil,
        onFailure: OnFailure = .fail
    ) {
        var writer = JSONWriter()
        writer.object { object in
            object.field("name", event)
            if let timeout { object.field("timeout_ms", timeout.wholeMilliseconds) }
        }
        self.init(id, after, when, onFailure, [("wait_event", writer.text)])
    }

    /// Waits for this long.
    public init(_ id: String, sleeps duration: Duration, after: Parents = [], when: String? = nil, onFailure: OnFailure = .fail) {
        self.init(id, after, when, onFailure, [("sleep", "{\"ms\":\(duration.wholeMilliseconds)}")])
    }

    /// Runs another workflow, whose output is the node's.
    /// - Parameters:
    ///   - workflow: Its name, or `name@version`; without a version the latest when the node's turn comes.
    ///   - params: Its parameters, an object.
    public init(
        _ id: String, workflow: String, after: Parents = [], params: WorkflowValue? = nil, when: String? = nil, onFailure: OnFailure = .fail
    ) {
        var writer = JSONWriter()
        writer.object { object in
            object.field("name", workflow)
            if let params { object.fieldRaw("params", params.json) }
        }
        self.init(id, after, when, onFailure, [("workflow", writer.text)])
    }

    private static func json(_ retry: RetryStrategy) -> String {
        "{\"max_retries\":\(retry.maxRetries),\"base_ms\":\(retry.base.wholeMilliseconds),\"cap_ms\":\(retry.cap.wholeMilliseconds)}"
    }
}
