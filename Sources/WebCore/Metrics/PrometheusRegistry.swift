package import CoreMetrics
import Synchronization

/// A backend of swift-metrics that keeps the current values and renders them as Prometheus text.
///
/// Counters get the suffix `_total`; timers become histograms in seconds with the suffix `_seconds`. The same label with the same dimensions is
/// the same series, however often it is made, and lives as long as the process. A name holds at most ``maxSeries`` series; what comes beyond
/// them counts together in one whose dimensions all say `other`, so that a mistake in a dimension cannot eat the memory.
package final class PrometheusRegistry: Sendable {
    /// Most series of one name.
    package static let maxSeries = 1000

    private let state = Mutex(State())

    private struct State {
        var families: [String: PrometheusFamily] = [:]
        var help: [String: String] = [:]
    }

    /// Creates an empty registry.
    package init() {}

    /// Sets the help text of a metric.
    /// - Parameter name: The name as rendered: `http_server_request_duration_seconds`.
    package func describe(_ name: String, _ help: String) {
        state.withLock { $0.help[name] = help }
    }

    /// Writes all metrics by name.
    package func render(into text: inout PrometheusText) {
        let (families, help) = state.withLock { ($0.families, $0.help) }
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            family.render(name, help: help[name], into: &text)
        }
    }

    /// All metrics as text.
    package func render() -> String {
        var text = PrometheusText()
        render(into: &text)
        return text.text
    }

    private func series<Handler: PrometheusSeries>(_ name: String, _ dimensions: [(String, String)], make: () -> Handler) -> Handler {
        state.withLock { state in
            // Two kinds under one name cannot be rendered; the second gets a name of its own.
            let name = state.families[name].map { $0.kind == Handler.kind } ?? true ? name : "\(name)_\(Handler.kind.rawValue)"
            return state.families[name, default: PrometheusFamily(kind: Handler.kind)].series(dimensions, make: make)
        }
    }
}

extension PrometheusRegistry: MetricsFactory {
    /// A counter, the same for the same label and dimensions.
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(PrometheusName.metric(label, suffix: "_total"), dimensions) { PrometheusCounter() }
    }

    /// A counter, the same for the same label and dimensions.
    package func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        series(PrometheusName.metric(label, suffix: "_total"), dimensions) { PrometheusCounter() }
    }

    /// A gauge, the same for the same label and dimensions.
    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(PrometheusName.sanitized(label), dimensions) { PrometheusGauge() }
    }

    /// A histogram, or a gauge when not aggregated.
    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let name = PrometheusName.sanitized(label)
        if aggregate { return series(name, dimensions) { PrometheusHistogram(bounds: PrometheusHistogram.sizeBounds) } }
        return series(name, dimensions) { PrometheusGauge() }
    }

    /// A histogram in seconds.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(PrometheusName.metric(label, suffix: "_seconds"), dimensions) {
            PrometheusHistogram(bounds: PrometheusHistogram.durationBounds)
        }
    }

    /// Series stay: a counter that vanishes and comes back would look like a restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    /// Nothing: what was counted stays visible.
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Nothing: what was measured stays visible.
    package func destroyMeter(_ handler: any MeterHandler) {}
    /// Nothing: what was measured stays visible.
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Nothing: what was measured stays visible.
    package func destroyTimer(_ handler: any TimerHandler) {}
}
