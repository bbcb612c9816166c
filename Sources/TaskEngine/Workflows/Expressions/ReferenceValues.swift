package import JSONText

/// What the references of one node lead to when its turn comes.
package struct ReferenceValues: Sendable {
    /// The run's parameters, an object, defaults applied; nil for none.
    package var params: JSONValue?
    /// The outputs of the nodes that succeeded, by node id. A node that is not here has the output null.
    package var outputs: [String: JSONValue]
    /// The run's id.
    package var runID: Int64
    /// The element of a `foreach` node's task; nil outside.
    package var item: JSONValue?
    /// The position of that element, from 0; nil outside.
    package var index: Int?
    /// Secrets by name, opened.
    package var secrets: [String: String]
    /// Whether a reference to a secret stays as it is, `${secrets.NAME}`: for what is stored, and filled in when it runs.
    package var keepsSecrets = false

    package init(
        params: JSONValue? = nil, outputs: [String: JSONValue] = [:], runID: Int64, item: JSONValue? = nil, index: Int? = nil,
        secrets: [String: String] = [:]
    ) {
        self.params = params
        self.outputs = outputs
        self.runID = runID
        self.item = item
        self.index = index
        self.secrets = secrets
    }

    /// The value that a reference leads to. What is inside null is null, so the output of a skipped node is null however deep the
    /// reference goes; a member or an element that is not there is an error.
    func value(of reference: Reference) throws(ReferenceFault) -> ExpressionValue {
        switch reference.source {
        case .parameter(let name): try Self.follow(reference.path, from: params?[name])
        case .output(let node): try Self.follow(reference.path, from: outputs[node])
        case .item:
            if let item { try Self.follow(reference.path, from: item) } else { throw ReferenceFault("item exists in a foreach node only") }
        case .index:
            if let index { .integer(Int64(index)) } else { throw ReferenceFault("index exists in a foreach node only") }
        case .runID: .integer(runID)
        case .secret(let name):
            if keepsSecrets {
                .text("${secrets.\(name)}")
            } else if let secret = secrets[name] {
                .text(secret)
            } else {
                throw ReferenceFault("there is no secret '\(name)'")
            }
        }
    }

    private static func follow(_ path: [Reference.Step], from start: JSONValue?) throws(ReferenceFault) -> ExpressionValue {
        guard var value = start else { return .null }
        for step in path {
            if value.isNull { return .null }
            value = try inside(value, step)
        }
        return ExpressionValue.json(value).plain
    }

    private static func inside(_ value: JSONValue, _ step: Reference.Step) throws(ReferenceFault) -> JSONValue {
        switch step {
        case .member(let name):
            guard value.kind == .object else { throw ReferenceFault("'\(name)' is looked for in \(value.kind.phrase)") }
            guard let member = value[name] else { throw ReferenceFault("the object has no member '\(name)'") }
            return member
        case .element(let index):
            guard value.kind == .array else { throw ReferenceFault("[\(index)] is looked for in \(value.kind.phrase)") }
            guard let element = value.element(at: index) else { throw ReferenceFault("the list has no element [\(index)]") }
            return element
        }
    }
}

/// Why a reference leads nowhere; becomes an ``ExpressionError`` where the expression is known.
struct ReferenceFault: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }

    func error(_ reference: Reference, in expression: String) -> ExpressionError {
        ExpressionError(expression, column: reference.column, message)
    }
}
