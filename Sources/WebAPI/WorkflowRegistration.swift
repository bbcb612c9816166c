package import JSONText
package import TaskEngine
import WebCore

/// `POST /v1/workflows` without HTTP, for the route and for a command that has the database itself.
package enum WorkflowRegistration {
    /// What was stored, or would be.
    package struct Answer: Sendable {
        let result: RegisterWorkflow.Result
        let warnings: [WorkflowProblem]
        let isDryRun: Bool

        /// Whether it is a new version.
        package var isNew: Bool {
            switch result {
            case .created: true
            case .unchanged: false
            }
        }

        var location: String { "/v1/workflows/\(result.stored.name)/\(result.stored.version)" }

        /// The members of the route's answer.
        package func write(_ writer: inout JSONWriter) {
            let stored = result.stored
            writer.field("name", stored.name)
            writer.field("version", stored.version)
            writer.field("created", isNew)
            if isDryRun { writer.field("dry_run", true) }
            writer.field("digest", stored.digest)
            writer.timeField("created_at", stored.createdAt)
            writer.key("warnings")
            writer.array { array in
                for warning in warnings {
                    array.object { object in
                        object.field("pointer", warning.pointer)
                        object.field("detail", warning.detail)
                    }
                }
            }
        }
    }

    /// Checks a definition and stores it, unless told only to check. It is committed when this returns.
    /// - Parameter text: JSON.
    /// - Throws: ``Problem`` that names all that is wrong with it, `StorageError`.
    package static func register(
        _ text: String, tenant: String, isDryRun: Bool, in service: WorkflowService
    ) async throws -> Answer {
        switch try await service.register(text, tenant: tenant, isDryRun: isDryRun) {
        case .registered(let result, let warnings): return Answer(result: result, warnings: warnings, isDryRun: isDryRun)
        case .refused(let problems):
            throw Problem(.invalidFields, "The definition was not registered.", errors: problems.map(FieldProblem.init))
        }
    }
}

extension FieldProblem {
    init(_ problem: WorkflowProblem) {
        self.init(pointer: problem.pointer, detail: problem.detail)
    }

    /// - Parameter place: JSON pointer of what the problem's own pointer starts at.
    init(_ problem: WorkflowProblem, at place: String) {
        self.init(pointer: place + problem.pointer, detail: problem.detail)
    }
}
