import JSONText
import TaskEngine
import WebCore

/// How statistics of workflow runs look in JSON.
enum RunStatsRendering {
    static func write(_ stats: RunStats, in writer: inout JSONWriter) {
        writer.field("hours", stats.hours.count)
        writer.key("by_status")
        writer.object { object in
            for state in RunState.allCases { object.field(state.rawValue, stats.unfinished[state]?.number ?? stats.all.ended[state] ?? 0) }
        }
        writer.field("unfinished_more", stats.unfinished.values.contains(where: \.hasMore))
        tally(stats.all, in: &writer)
        writer.key("runs_per_hour")
        writer.array { array in
            for hour in stats.hours {
                array.object { object in
                    object.timeField("hour", hour.begin)
                    object.field("ended", hour.ended.values.reduce(0, +))
                    object.field("succeeded", hour.ended[.succeeded] ?? 0)
                    object.field("failed", (hour.ended[.failed] ?? 0) + (hour.ended[.timedOut] ?? 0))
                }
            }
        }
        writer.key("workflows")
        writer.array { array in
            for (name, tally) in stats.workflows {
                array.object { object in
                    object.field("workflow_id", name)
                    object.key("by_status")
                    object.object { states in
                        for state in RunState.allCases where state.isTerminal { states.field(state.rawValue, tally.ended[state] ?? 0) }
                    }
                    Self.tally(tally, in: &object)
                }
            }
        }
    }

    private static func tally(_ tally: RunStats.Tally, in writer: inout JSONWriter) {
        writer.field("ended", tally.total)
        writer.field("success_rate", tally.successRate)
        writer.key("duration_ms")
        writer.object { object in
            object.field("p50", tally.percentile(0.5))
            object.field("p95", tally.percentile(0.95))
            object.field("approximate", true)
        }
    }
}
