import JSONText
import TaskEngine

/// Values of a run to resolve expressions with.
enum ExpressionFixtures {
    static let params = """
        {"name": "Ada", "quote": "say \\"hi\\"\\n\\u00e9", "count": 3, "big": 12345678901234567890123, "ratio": 1.50, "flag": true, "off": false,
         "nothing": null, "list": [1, "two", {"three": 3}], "object": {"b": 1, "a": [ ]}, "odd key": {"a.b": "deep"}}
        """

    static func values(
        params: String = params, outputs: [String: String] = [:], item: String? = nil, index: Int? = nil, secrets: [String: String] = [:]
    ) throws -> ReferenceValues {
        ReferenceValues(
            params: try json(params), outputs: try outputs.mapValues(json), runID: 42, item: try item.map(json), index: index,
            secrets: secrets)
    }

    static func json(_ text: String) throws -> JSONValue { try JSONDocument(parsing: text).root }

    /// A template that must be right.
    static func template(_ text: String) throws -> Template {
        let (template, faults) = Template.parse(try json(text))
        if let fault = faults.first { throw fault.error }
        return template
    }

    /// What is wrong with a template: `path | column | message`.
    static func faults(_ text: String) throws -> [String] {
        Template.parse(try json(text)).faults.map { fault in
            "\(fault.path.joined(separator: "/")) | \(fault.error.column) | \(fault.error.message)"
        }
    }
}
