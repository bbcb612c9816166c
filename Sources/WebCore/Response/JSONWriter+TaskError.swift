package import JSONText
package import TaskEngine

extension JSONWriter {
    /// The member `error`: `{code, message}`, or null without one.
    package mutating func errorField(_ error: TaskError?) {
        key("error")
        guard let error else { return null() }
        object { writer in
            writer.field("code", error.code)
            writer.field("message", error.message)
        }
    }
}
