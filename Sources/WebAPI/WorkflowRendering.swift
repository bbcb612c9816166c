import JSONText
import TaskEngine
import WebCore

/// How definitions of workflows look in JSON. Every function writes the members of an object that its caller opened.
enum WorkflowRendering {
    static func item(_ item: ListWorkflows.Item, in writer: inout JSONWriter) {
        writer.field("name", item.name)
        writer.field("version", item.version)
        writer.field("built_in", item.isBuiltIn)
        writer.field("digest", item.digest)
        writer.timeField("created_at", item.createdAt)
    }

    /// - Parameter versions: the latest first.
    static func definition(_ stored: ReadDefinitions.Stored, _ plan: WorkflowPlan, versions: [Int], in writer: inout JSONWriter) {
        writer.field("name", stored.name)
        writer.field("version", stored.version)
        writer.field("latest_version", versions.first)
        writer.field("built_in", stored.tenant.isEmpty)
        writer.field("digest", stored.digest)
        writer.timeField("created_at", stored.createdAt)
        writer.field("description", plan.definition.description)
        writer.field("node_count", plan.nodes.count)
        writer.field("level_count", (plan.levels.max() ?? -1) + 1)
        writer.key("versions")
        writer.array { array in for version in versions { array.value(version) } }
        writer.fieldRaw("definition", stored.text)
    }
}
