import JSONText

/// Writes a definition as JSON in one form.
struct WorkflowWriter {
    /// Whether the client's own values are brought into one form too, for the digest.
    let isCanonical: Bool

    func text(
        name: String, description: String?, timeout: Int64?, parameters: [WorkflowDefinition.Parameter], nodes: [WorkflowDefinition.Node]
    ) -> String {
        var writer = JSONWriter(capacity: 256 + nodes.count * 96)
        writer.object { object in
            object.field("name", name)
            if let description { object.field("description", description) }
            if let timeout { object.field("timeout_ms", timeout) }
            if !parameters.isEmpty {
                object.key("parameters")
                object.array { array in for parameter in parameters { write(parameter, to: &array) } }
            }
            object.key("nodes")
            object.array { array in for node in nodes { write(node, to: &array) } }
        }
        return writer.text
    }

    private func write(_ parameter: WorkflowDefinition.Parameter, to writer: inout JSONWriter) {
        writer.object { object in
            object.field("name", parameter.name)
            object.field("type", parameter.type.rawValue)
            if parameter.isRequired { object.field("required", true) }
            if let text = parameter.defaultText { object.fieldRaw("default", own(text)) }
            if let description = parameter.description { object.field("description", description) }
        }
    }

    private func write(_ node: WorkflowDefinition.Node, to writer: inout JSONWriter) {
        writer.object { object in
            object.field("id", node.id)
            write(node.kind, to: &object)
            if !node.dependsOn.isEmpty {
                object.key("depends_on")
                // The order of the parents means nothing.
                let parents = isCanonical ? node.dependsOn.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } : node.dependsOn
                object.array { array in for parent in parents { array.value(parent) } }
            }
            if let when = node.when { object.field("when", when.source) }
            if node.onFailure != .fail { object.field("on_failure", node.onFailure.rawValue) }
        }
    }

    private func write(_ kind: WorkflowDefinition.Kind, to object: inout JSONWriter) {
        switch kind {
        case .task(let call): write(call, to: &object)
        case .waitEvent(let name, let timeout):
            object.key("wait_event")
            object.object { inner in
                inner.field("name", name)
                if let timeout { inner.field("timeout_ms", timeout) }
            }
        case .sleep(let milliseconds):
            object.key("sleep")
            object.object { $0.field("ms", milliseconds) }
        case .workflow(let name, let version, let params):
            object.key("workflow")
            object.object { inner in
                inner.field("name", version.map { "\(name)@\($0)" } ?? name)
                if params.source != "{}" { inner.fieldRaw("params", own(params.source)) }
            }
        }
    }

    private func write(_ call: WorkflowDefinition.TaskCall, to object: inout JSONWriter) {
        object.field("task", call.type)
        if call.input.source != "{}" { object.fieldRaw("input", own(call.input.source)) }
        if let queue = call.queue { object.field("queue", queue) }
        if let priority = call.priority { object.field("priority", priority) }
        if call.retry != .unsaid { write(call.retry, to: &object) }
        if let milliseconds = call.softTimeoutMilliseconds { object.field("soft_timeout_ms", milliseconds) }
        if let milliseconds = call.timeoutMilliseconds { object.field("timeout_ms", milliseconds) }
        if let foreach = call.foreach { object.fieldRaw("foreach", own(foreach.source)) }
        if let concurrency = call.concurrency { object.field("concurrency", concurrency) }
    }

    private func write(_ retry: WorkflowDefinition.Retry, to object: inout JSONWriter) {
        object.key("retry")
        object.object { inner in
            if let count = retry.maxRetries { inner.field("max_retries", count) }
            if let milliseconds = retry.baseMilliseconds { inner.field("base_ms", milliseconds) }
            if let milliseconds = retry.capMilliseconds { inner.field("cap_ms", milliseconds) }
        }
    }

    /// A text that was read as JSON before.
    private func own(_ text: String) -> String {
        guard isCanonical, let document = try? JSONDocument(parsing: text, maxDepth: .max) else { return text }
        return document.root.canonicalText
    }
}
