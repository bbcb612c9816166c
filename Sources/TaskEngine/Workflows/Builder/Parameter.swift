import JSONText

/// A parameter of a ``Workflow``.
public struct Parameter: Sendable {
    /// The types there are, as JSON knows them. An `integer` is a number without fraction and exponent.
    public enum Kind: String, Sendable, CaseIterable {
        case string, integer, number, boolean, object, array
    }

    let name: String
    let type: Kind
    let isRequired: Bool
    let defaultValue: WorkflowValue?
    let description: String?

    /// - Parameters:
    ///   - name: What expressions call it: `${params.name}`.
    ///   - type: What its value must be.
    ///   - required: Whether a run must give it.
    ///   - defaultValue: Stands in when a run does not give it; nil for null. Not with `required`.
    ///   - description: For people; nil for none.
    public init(
        _ name: String, _ type: Kind, required: Bool = false, default defaultValue: WorkflowValue? = nil, description: String? = nil
    ) {
        self.name = name
        self.type = type
        isRequired = required
        self.defaultValue = defaultValue
        self.description = description
    }

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.field("name", name)
            object.field("type", type.rawValue)
            if isRequired { object.field("required", true) }
            if let defaultValue { object.fieldRaw("default", defaultValue.json) }
            if let description { object.field("description", description) }
        }
    }
}
