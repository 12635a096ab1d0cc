//! Manifests on a model, against what their kinds' documentations say of the fields.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use tracecast_importers::manifests::{Account, ManifestError, apply, read};
use tracecast_model::autoscaling::{HpaMetric, HpaTarget, KnativeMetric, RateKind, SelectPolicy};
use tracecast_model::{
    Autoscaler, ConcurrencyLimit, Host, LoadBalancing, Maglev, Memory, Multiplicity, Operation, Placement,
    RingHash, Service, System,
};

fn system(services: &[&str]) -> System {
    let service = |name: &&str| Service::new(*name, "host").with_operation(Operation::new("serve"));
    System {
        hosts: vec![Host::new("host")],
        services: services.iter().map(service).collect(),
        ..System::default()
    }
}

fn applied(services: &[&str], text: &str) -> (System, Account) {
    let mut system = system(services);
    let account = apply(&read("file.yaml", text).unwrap(), &mut system).unwrap();
    (system, account)
}

fn left(account: &Account) -> Vec<&str> {
    account.documents.iter().flat_map(|document| document.left.iter().map(String::as_str)).collect()
}

const CART: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: cartservice, labels: { app: cart } }
spec:
  replicas: 3
  selector: { matchLabels: { app: cart } }
  template:
    metadata: { labels: { app: cart } }
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: server
          image: example/cart:1
          env: [{ name: OTEL_SERVICE_NAME, value: shop.cart }]
          resources:
            requests: { cpu: 200m, memory: 64Mi }
            limits: { cpu: 300m, memory: 128Mi }
          readinessProbe: { initialDelaySeconds: 15, grpc: { port: 7070 } }
";

#[test]
fn a_deployment_by_any_of_its_names() {
    for name in ["shop.cart", "cartservice", "cart", "server", "CartService"] {
        let (system, account) = applied(&["web", name], CART);
        let cart = system.service(name).unwrap();
        assert_eq!((cart.replicas, cart.cpu_limit, cart.cpu_request), (3, Some(0.3), Some(0.2)), "{name}");
        assert_eq!((cart.start_up.mean(), cart.grace_period), (15.0, Some(5.0)));
        assert_eq!(cart.memory_request, Some(64.0 * 1_048_576.0));
        assert_eq!(system.service("web").unwrap().replicas, 1);
        assert_eq!(account.documents[0].document, "Deployment cartservice");
        assert_eq!(left(&account), ["spec.template.spec.containers[0].resources.limits.memory"]);
    }
}

#[test]
fn what_is_not_in_the_model_is_told() {
    let (system, account) = applied(&["web"], CART);
    assert_eq!(system, self::system(&["web"]));
    let [why] = left(&account)[..] else { panic!("{account:?}") };
    assert!(why.contains("cartservice") && why.contains("shop.cart"), "{why}");
    let (_, account) = applied(&["web"], "kind: CronJob\nmetadata: { name: nightly }\n");
    assert_eq!(account.documents[0].document, "CronJob nightly");
    assert_eq!(left(&account), ["nothing of its kind is understood"]);
}

/// The walk-through of Kubernetes' documentation, with the behavior that it gives as the default and an example of its own, before
/// the deployment that it scales.
#[test]
fn an_hpa() {
    let hpa = "
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: php-apache }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: cartservice }
  minReplicas: 4
  maxReplicas: 10
  metrics:
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } }
    - type: Pods
      pods: { metric: { name: packets-per-second }, target: { type: AverageValue, averageValue: 1k } }
    - type: Pods
      pods: { metric: { name: request_rate }, target: { type: AverageValue, averageValue: 1500m } }
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 60
      selectPolicy: Min
      policies:
        - { type: Percent, value: 10, periodSeconds: 60 }
        - { type: Pods, value: 5, periodSeconds: 30 }
---
";
    let (system, account) = applied(&["shop.cart"], &format!("{hpa}{CART}"));
    let cart = system.service("shop.cart").unwrap();
    let Some(Autoscaler::Hpa(hpa)) = &cart.autoscaler else { panic!("{cart:?}") };
    // Kubernetes raises the three replicas to the least number.
    assert_eq!((cart.replicas, hpa.min_replicas, hpa.max_replicas), (4, 4, 10));
    assert_eq!(
        hpa.metrics,
        [
            HpaMetric::Resource { name: "cpu".into(), target: HpaTarget::AverageUtilization(50) },
            HpaMetric::Pods {
                metric: "request_rate".into(),
                window: 60.0,
                target: HpaTarget::AverageValue(1.5)
            },
        ]
    );
    let down = &hpa.behavior.as_ref().unwrap().scale_down;
    assert_eq!((down.stabilization_window, down.select), (Some(60.0), SelectPolicy::Min));
    let policies = down.policies.as_ref().unwrap();
    assert_eq!((policies[0].kind, policies[0].value, policies[0].period), (RateKind::Percent, 10, 60.0));
    assert_eq!((policies[1].kind, policies[1].value), (RateKind::Pods, 5));
    let told = &account.documents[0];
    assert_eq!(told.set, ["shop.cart.autoscaler = hpa, 4 to 10 replicas"]);
    assert!(told.left[0].contains("packets-per-second"), "{told:?}");
    assert_eq!(told.left.len(), 1);
}

/// The form of version 1, and defaults: one replica at least.
#[test]
fn an_hpa_of_version_one() {
    let (system, _) = applied(
        &["cart"],
        "
kind: HorizontalPodAutoscaler
spec:
  scaleTargetRef: { kind: Deployment, name: cart }
  maxReplicas: 5
  targetCPUUtilizationPercentage: 70
",
    );
    let Some(Autoscaler::Hpa(hpa)) = &system.services[0].autoscaler else { panic!("{system:?}") };
    assert_eq!((hpa.min_replicas, hpa.max_replicas), (1, 5));
    assert_eq!(
        hpa.metrics,
        [HpaMetric::Resource { name: "cpu".into(), target: HpaTarget::AverageUtilization(70) }]
    );
}

/// KEDA's reference of a ScaledObject gives a polling interval of 30 s, a cooldown of 300 s, 0 to 100 replicas where nothing else
/// stands.
#[test]
fn a_scaled_object() {
    let (system, account) = applied(
        &["worker"],
        "
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: worker-scaler }
spec:
  scaleTargetRef: { name: worker }
  pollingInterval: 5
  maxReplicaCount: 20
  fallback: { failureThreshold: 3, replicas: 6 }
  triggers:
    - type: rabbitmq
      metadata: { queueName: jobs, mode: QueueLength, value: \"10\", activationValue: \"2\" }
    - type: cron
      metadata: { start: 0 6 * * *, end: 0 20 * * *, desiredReplicas: \"10\" }
",
    );
    let Some(Autoscaler::Keda(keda)) = &system.services[0].autoscaler else { panic!("{system:?}") };
    assert_eq!((keda.polling_interval, keda.cooldown_period), (5.0, 300.0));
    assert_eq!((keda.min_replica_count, keda.max_replica_count), (0, 20));
    let trigger = &keda.triggers[0];
    assert_eq!((trigger.threshold, trigger.activation_threshold), (10.0, 2.0));
    assert_eq!(keda.fallback.map(|fallback| (fallback.failure_threshold, fallback.replicas)), Some((3, 6)));
    let [cron] = left(&account)[..] else { panic!("{account:?}") };
    assert!(cron.contains("cron"), "{cron}");
}

#[test]
fn a_knative_service() {
    let (system, account) = applied(
        &["hello"],
        "
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello }
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/metric: rps
        autoscaling.knative.dev/target: \"150\"
        autoscaling.knative.dev/window: 40s
        autoscaling.knative.dev/panic-window-percentage: \"20.0\"
        autoscaling.knative.dev/min-scale: \"2\"
        autoscaling.knative.dev/max-scale: \"0\"
        autoscaling.knative.dev/activation-scale: \"5\"
    spec:
      containerConcurrency: 50
      containers: [{ image: hello, resources: { limits: { cpu: \"1\" } } }]
",
    );
    let hello = &system.services[0];
    assert_eq!(
        (hello.concurrency, hello.replicas, hello.cpu_limit),
        (Multiplicity::Finite(50), 2, Some(1.0))
    );
    let Some(Autoscaler::Knative(policy)) = &hello.autoscaler else { panic!("{hello:?}") };
    assert_eq!((policy.metric, policy.target), (KnativeMetric::Rps, Some(150.0)));
    assert_eq!((policy.stable_window, policy.panic_window_percentage), (40.0, 20.0));
    assert_eq!((policy.min_scale, policy.max_scale), (2, None));
    assert_eq!(left(&account), ["autoscaling.knative.dev/activation-scale: 5"]);
}

/// "If you specify a limit for a resource, but do not specify any request, … Kubernetes copies the limit you specified and uses it as
/// the requested value" (*Resource Management for Pods and Containers*).
#[test]
fn a_limit_of_memory_is_a_request() {
    let manifest = CART.replace("cpu: 200m, memory: 64Mi", "cpu: 200m");
    let (mut system, account) = applied(&["shop.cart"], &manifest);
    let cart = system.service("shop.cart").unwrap();
    assert_eq!(cart.memory_request, Some(128.0 * 1_048_576.0));
    assert!(left(&account).is_empty(), "{:?}", left(&account));
    let cart = system.service_mut("shop.cart").unwrap();
    (cart.memory, cart.memory_request) = (Some(Memory::new(1e9, 1e6, 1e6)), None);
    apply(&read("file.yaml", &manifest).unwrap(), &mut system).unwrap();
    let cart = system.service("shop.cart").unwrap();
    assert_eq!((cart.memory.unwrap().limit, cart.memory_request), (128.0 * 1_048_576.0, None));
    assert_eq!(cart.requested_memory(), Some(128.0 * 1_048_576.0));
}

#[test]
fn a_compose_file() {
    let (system, account) = applied(
        &["crop", "gateway"],
        "
version: '3.8'
services:
  crop:
    image: crop
    stop_grace_period: 1m30s
    deploy:
      replicas: 2
      resources: { limits: { cpus: '0.50', memory: 350M }, reservations: { cpus: '0.25', memory: 20M } }
  gateway: { image: gateway }
  minio: { image: minio }
networks: { net: {} }
",
    );
    let crop = system.service("crop").unwrap();
    assert_eq!((crop.replicas, crop.cpu_limit, crop.cpu_request), (2, Some(0.5), Some(0.25)));
    assert_eq!((crop.grace_period, crop.memory_request), (Some(90.0), Some(20.0 * 1_048_576.0)));
    assert_eq!(system.service("gateway").unwrap().cpu_limit, None);
    assert_eq!(
        left(&account),
        ["no service of the model is called minio", "services.crop.deploy.resources.limits.memory"]
    );
}

/// Istio counts retries, the model attempts; the time of a try comes before that of the whole.
#[test]
fn routes_and_balancing_of_istio() {
    let (system, account) = applied(
        &["ratings", "reviews"],
        "
kind: VirtualService
metadata: { name: ratings }
spec:
  hosts: [ratings]
  http:
    - match: [{ headers: { end-user: { exact: jason } } }]
      route: [{ destination: { host: ratings, subset: v2 } }]
    - route: [{ destination: { host: ratings.prod.svc.cluster.local, subset: v1 } }]
      timeout: 10s
      retries: { attempts: 3, perTryTimeout: 2s, retryOn: gateway-error }
---
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  trafficPolicy:
    loadBalancer: { simple: LEAST_REQUEST }
    connectionPool: { tcp: { maxConnections: 100, connectTimeout: 30ms }, http: { http2MaxRequests: 1000 } }
    outlierDetection: { consecutive5xxErrors: 7, interval: 5m, baseEjectionTime: 15m }
---
kind: DestinationRule
metadata: { name: ratings }
spec:
  host: ratings
  trafficPolicy: { outlierDetection: { consecutive5xxErrors: 2 } }
---
kind: Deployment
metadata: { name: reviews }
spec: { replicas: 3, template: { spec: { containers: [{ name: app }] } } }
",
    );
    let policy = system.service("ratings").unwrap().resilience.as_ref().unwrap();
    assert_eq!(policy.timeout, Some(2.0));
    assert_eq!(policy.retry.as_ref().unwrap().attempts, 4);
    let reviews = system.service("reviews").unwrap();
    assert_eq!(reviews.load_balancing, LoadBalancing::PowerOfTwoChoices);
    // The example of Istio's documentation, with the defaults that it tells.
    let detection = reviews.outlier_detection.unwrap();
    assert_eq!(
        (detection.consecutive_5xx, detection.interval, detection.base_ejection_time),
        (7, 300.0, 900.0)
    );
    assert_eq!((detection.max_ejection_percent, detection.enforcing_success_rate), (10, 0));
    let limit = reviews.resilience.as_ref().unwrap().concurrency_limit.unwrap();
    let ConcurrencyLimit::Envoy(limit) = limit else { panic!("{limit:?}") };
    assert_eq!((limit.max_connections, limit.max_requests), (100, 1000));
    assert_eq!(system.service("ratings").unwrap().outlier_detection, None);
    let left = left(&account);
    assert!(left.contains(&"spec.http.timeout: 10 s for all attempts together"), "{left:?}");
    assert!(left.contains(&"spec.trafficPolicy.connectionPool.tcp.connectTimeout"), "{left:?}");
    assert!(left.iter().any(|left| left.contains("there is one replica")), "{left:?}");
    assert!(left.iter().any(|left| left.starts_with("spec.http[0]")), "{left:?}");
}

/// Istio's documentation: by cookie `user`; a ring of 1024 points and a table of 65537 entries where nothing else is said.
#[test]
fn consistent_hashes_with_keys_that_no_manifest_tells() {
    let rule = |hash: &str| {
        format!(
            "kind: DestinationRule\nmetadata: {{ name: ratings }}\nspec:\n  host: ratings\n  trafficPolicy:\n    \
             loadBalancer: {{ consistentHash: {{ {hash} }} }}\n"
        )
    };
    let ring = |keys, minimum_ring_size| RingHash { minimum_ring_size, ..RingHash::new(keys, 0.0) };
    for (hash, expected, by) in [
        ("httpCookie: { name: user, ttl: 0s }", LoadBalancing::RingHash(ring(1000, 1024)), "cookie user"),
        ("useSourceIp: true, minimumRingSize: 7", LoadBalancing::RingHash(ring(1000, 7)), "source address"),
        (
            "httpHeaderName: x-user, ringHash: { minimumRingSize: 64 }",
            LoadBalancing::RingHash(ring(1000, 64)),
            "header x-user",
        ),
        (
            "httpQueryParameterName: user, maglev: { tableSize: 131 }",
            LoadBalancing::Maglev(Maglev { table_size: 131, ..Maglev::new(1000, 0.0) }),
            "query parameter user",
        ),
    ] {
        let (system, account) = applied(&["ratings"], &rule(hash));
        assert_eq!(system.services[0].load_balancing, expected, "{hash}");
        let set = &account.documents[0].set;
        assert!(set.iter().any(|set| set.contains(by) && set.contains("assumed")), "{set:?}");
        assert!(left(&account).is_empty(), "{:?}", left(&account));
    }
    // What the model knows of its keys stays.
    let mut system = system(&["ratings"]);
    system.services[0].load_balancing = LoadBalancing::RingHash(RingHash::new(50, 1.0));
    let account =
        apply(&read("rule.yaml", &rule("maglev: {}, useSourceIp: true")).unwrap(), &mut system).unwrap();
    assert_eq!(system.services[0].load_balancing, LoadBalancing::Maglev(Maglev::new(50, 1.0)));
    assert!(account.documents[0].set[0].contains("of the model"));
}

#[test]
fn wishes_for_machines_are_held_by_the_placement_or_told() {
    let wishes = "
      nodeSelector: { disk: ssd }
      topologySpreadConstraints:
        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {} }
        - { maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway }
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - { labelSelector: { matchLabels: { app: cart } }, topologyKey: kubernetes.io/hostname }
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                { labelSelector: { matchLabels: { app: web } }, topologyKey: kubernetes.io/hostname }
";
    let text = CART.replacen("    spec:\n", &format!("    spec:{wishes}"), 1);
    let held = |placement: Placement, machines: u32| {
        let mut system = system(&["cart"]);
        (system.hosts[0].placement, system.hosts[0].replicas) = (placement, machines);
        let account = apply(&read("cart.yaml", &text).unwrap(), &mut system).unwrap();
        let set = account.documents[0].set.clone();
        let told = left(&account).join("\n");
        // They change nothing, whatever is told of them.
        assert_eq!((system.hosts[0].placement, system.hosts[0].replicas), (placement, machines));
        for never in ["nodeSelector", "topologySpreadConstraints[1]", "preferredDuringScheduling"] {
            assert!(told.contains(never), "{told}");
        }
        ["topologySpreadConstraints[0]", "requiredDuringScheduling"].map(|wish| {
            let held = set.iter().any(|set| set.contains(wish));
            assert_eq!(held, !told.contains(wish), "{wish}: {set:?} {told}");
            held
        })
    };
    // Three replicas.
    assert_eq!(held(Placement::Spread, 3), [true, true]);
    assert_eq!(held(Placement::ByNumber, 2), [true, false]);
    assert_eq!(held(Placement::LeastAllocated, 3), [false, false]);
}

#[test]
fn bad_fields_are_refused_with_their_place() {
    let mut system = system(&["cart"]);
    let before = system.clone();
    let text = format!("{CART}---\n{}", CART.replace("replicas: 3", "replicas: three"));
    let documents = read("deploy.yaml", &text).unwrap();
    let error = apply(&documents, &mut system).unwrap_err();
    assert_eq!(
        error.to_string(),
        "deploy.yaml: document 2, spec.replicas: expected a whole number, found \"three\""
    );
    assert_eq!(system, before);
    let error = read("deploy.yaml", "kind: Deployment\nspec: [1, 2\n").unwrap_err();
    assert!(matches!(error, ManifestError::Syntax { .. }) && error.to_string().contains("line"), "{error}");
}

#[test]
fn a_list_is_what_stands_in_it() {
    let text = format!(
        "kind: List\nitems:\n  -{}",
        CART.trim_start().replace('\n', "\n    ").replacen("apiVersion", " apiVersion", 1)
    );
    let (system, _) = applied(&["cart"], &text);
    assert_eq!(system.services[0].replicas, 3);
}

/// The image system's own rules, where they are at hand, and its other files as in the example.
#[test]
fn alerts_of_prometheus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/image-system");
    let text = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let mut documents = Vec::new();
    // In whatever order.
    for name in ["alerts.yml", "actions.yaml", "alertmanager.yml", "prometheus.yml"] {
        documents.extend(read(name, &text(&format!("configuration/{name}"))).unwrap());
    }
    let mut system = system(&["crop", "storage"]);
    let account = apply(&documents, &mut system).unwrap();
    assert_eq!(left(&account), Vec::<&str>::new());
    // What was written by hand for the same configuration.
    let mut expected: Autoscaler = serde_json::from_str(&text("autoscaling/alerts.json")).unwrap();
    if let Autoscaler::Alerts(alerts) = &mut expected {
        alerts.metrics[0].figure = "crop.ready_replicas".into();
    }
    assert_eq!(system.service("crop").unwrap().autoscaler, Some(expected));
    assert_eq!(system.service("storage").unwrap().autoscaler, None);
}

const ACTIONS: &str = "
kind: AlertActions
services:
  cart:
    max_replicas: 4
    alerts: { Busy: { firing: { add: 1 }, resolved: { set: 1 } } }
";

/// The fields of rules as Prometheus documents them (Alerting rules), and what is left where something is not told.
#[test]
fn rules_need_actions_and_metrics() {
    let rules = "
groups:
  - name: g
    interval: 15s
    rules:
      - record: job:requests:rate5m
        expr: sum(rate(requests_total[5m]))
      - { alert: Busy, expr: sum(up) < 3, for: 1m, keep_firing_for: 30s, labels: { severity: page } }
      - { alert: Other, expr: sum(up) < 2 }
";
    let (system, account) = applied(&["cart"], &format!("{rules}---{ACTIONS}"));
    let Some(Autoscaler::Alerts(alerts)) = &system.service("cart").unwrap().autoscaler else { panic!() };
    assert_eq!(alerts.rules.len(), 1);
    let rule = &alerts.rules[0];
    assert_eq!((rule.pending, rule.keep_firing_for, alerts.evaluation_interval), (60.0, 30.0, 15.0));
    // Defaults of Prometheus and Alertmanager.
    assert_eq!((alerts.scrape_interval, alerts.group_wait, alerts.group_interval), (60.0, 30.0, 300.0));
    assert_eq!(alerts.metrics[0].figure, "cart.ready_replicas");
    assert_eq!(
        left(&account),
        [
            "groups[0].rules[0]: \"job:requests:rate5m\" records a series, which is not understood",
            "groups[0].rules[2]: nothing tells what the receiver of alert \"Other\" does; say it in a document of \
             kind AlertActions",
        ]
    );
    let unknown = rules.replace("sum(up) < 3", "pending > 3");
    let (system, account) = applied(&["cart"], &format!("{unknown}---{ACTIONS}"));
    assert_eq!(system.service("cart").unwrap().autoscaler, None);
    assert!(left(&account).iter().any(|why| why.contains("what \"pending\" is in the model")));
}
