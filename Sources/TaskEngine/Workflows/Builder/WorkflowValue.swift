import JSONText

/// A JSON value as a Swift literal. Its strings may hold references: `["host": "${params.host}", "ports": [22, 443]]`.
public struct WorkflowValue: Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// JSON text.
    let json: String

    /// A value that is JSON already, for what literals cannot say. Checked with the workflow.
    public init(json: String) {
        self.json = json
    }

    /// Any value as `JSONEncoder` writes it.
    /// - Throws: ``TaskFailure`` when JSON cannot say it.
    public init(encoding value: some Encodable) throws {
        json = try TaskCoding.encodeValue(value)
    }

    public init(stringLiteral value: String) {
        json = JSONLiteral.quoted(value)
    }

    public init(integerLiteral value: Int64) {
        json = String(value)
    }

    public init(floatLiteral value: Double) {
        var writer = JSONWriter()
        writer.value(value)
        json = writer.text
    }

    public init(booleanLiteral value: Bool) {
        json = value ? "true" : "false"
    }

    public init(nilLiteral: ()) {
        json = "null"
    }

    public init(arrayLiteral elements: WorkflowValue...) {
        var writer = JSONWriter()
        writer.array { array in for element in elements { array.raw(element.json) } }
        json = writer.text
    }

    /// Members in the order of the literal.
    public init(dictionaryLiteral elements: (String, WorkflowValue)...) {
        var writer = JSONWriter()
        writer.object { object in for (key, value) in elements { object.fieldRaw(key, value.json) } }
        json = writer.text
    }
}
