package import JSONText

extension WorkflowDefinition.Parameter {
    static let fields = "name, type, required, default, description"

    /// What is wrong stays in the reader.
    init(_ fields: inout WorkflowFields) {
        let name = fields.requiredString("name", longest: WorkflowLimits.longestID)
        if !name.isEmpty, !Self.isName(name) {
            fields.problem("name", "must be letters, digits, dashes and underscores, beginning with a letter or an underscore")
        }
        if fields.value("type") == nil {
            fields.problem("type", "is required: one of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let type = fields.choice("type", Kind.self)
        let isRequired = fields.bool("required") ?? false
        let description = fields.string("description", longest: WorkflowParser.longestDescription)
        let value = fields.value("default")
        if let value, let type, !type.takes(value) { fields.problem("default", "must be \(type.phrase), as the parameter's type says") }
        if value != nil, isRequired { fields.problem("default", "is never used: a required parameter is always given") }
        self.init(name: name, type: type ?? .string, isRequired: isRequired, defaultText: value?.compactText, description: description)
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, ExpressionScanner.isNameStart(first) else { return false }
        return name.unicodeScalars.allSatisfy(ExpressionScanner.isNamePart)
    }
}

extension WorkflowDefinition.Parameter.Kind {
    /// Whether a value is of this type. An integer is a number without fraction and exponent, of any length.
    package func takes(_ value: JSONValue) -> Bool {
        switch self {
        case .string: value.kind == .string
        case .integer: value.kind == .number && value.rawBytes.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
        case .number: value.kind == .number
        case .boolean: value.kind == .bool
        case .object: value.kind == .object
        case .array: value.kind == .array
        }
    }

    /// With its article, for sentences.
    package var phrase: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .number: "a number"
        case .boolean: "true or false"
        case .object: "an object"
        case .array: "a list"
        }
    }
}
