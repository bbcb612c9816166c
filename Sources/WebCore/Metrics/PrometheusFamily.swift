/// All series of one name.
struct PrometheusFamily: Sendable {
    let kind: PrometheusText.Kind
    private var series: [PrometheusLabels: any PrometheusSeries] = [:]

    init(kind: PrometheusText.Kind) {
        self.kind = kind
    }

    /// The series with these dimensions, made if it is new and there is room.
    mutating func series<Handler: PrometheusSeries>(_ dimensions: [(String, String)], make: () -> Handler) -> Handler {
        var labels = PrometheusLabels(dimensions)
        if series[labels] == nil, series.count >= PrometheusRegistry.maxSeries { labels = labels.overflow }
        if let known = series[labels] as? Handler { return known }
        let handler = make()
        series[labels] = handler
        return handler
    }

    func render(_ name: String, help: String?, into text: inout PrometheusText) {
        text.family(name, kind, help: help)
        for (labels, handler) in series.sorted(by: { $0.key < $1.key }) {
            handler.render(name, labels: labels.pairs.map { ($0.name, $0.value) }, into: &text)
        }
    }
}

/// The dimensions of a series, sorted by name, so that their order makes no difference.
struct PrometheusLabels: Hashable, Comparable, Sendable {
    struct Pair: Hashable, Sendable {
        let name: String
        let value: String
    }

    let pairs: [Pair]

    init(_ dimensions: [(String, String)]) {
        pairs = dimensions.map { Pair(name: PrometheusName.sanitized($0.0), value: $0.1) }.sorted { $0.name < $1.name }
    }

    var overflow: PrometheusLabels {
        PrometheusLabels(pairs.map { ($0.name, "other") })
    }

    static func < (left: PrometheusLabels, right: PrometheusLabels) -> Bool {
        left.pairs.lexicographicallyPrecedes(right.pairs) { ($0.name, $0.value) < ($1.name, $1.value) }
    }
}

/// Something that can be rendered as the samples of one series: a counter, a gauge or a histogram.
protocol PrometheusSeries: AnyObject, Sendable {
    static var kind: PrometheusText.Kind { get }
    func render(_ name: String, labels: [(String, String)], into text: inout PrometheusText)
}

extension PrometheusCounter: PrometheusSeries {
    static var kind: PrometheusText.Kind { .counter }

    func render(_ name: String, labels: [(String, String)], into text: inout PrometheusText) {
        text.sample(name, labels: labels, value)
    }
}

extension PrometheusGauge: PrometheusSeries {
    static var kind: PrometheusText.Kind { .gauge }

    func render(_ name: String, labels: [(String, String)], into text: inout PrometheusText) {
        text.sample(name, labels: labels, value)
    }
}

extension PrometheusHistogram: PrometheusSeries {
    static var kind: PrometheusText.Kind { .histogram }

    func render(_ name: String, labels: [(String, String)], into text: inout PrometheusText) {
        let values = values
        var count = 0
        for (index, bucketCount) in values.counts.enumerated() {
            count += bucketCount
            let bound = index < bounds.count ? bounds[index] : .infinity
            text.sample("\(name)_bucket", labels: labels + [("le", PrometheusText.format(bound))], count)
        }
        text.sample("\(name)_sum", labels: labels, values.sum)
        text.sample("\(name)_count", labels: labels, count)
    }
}
