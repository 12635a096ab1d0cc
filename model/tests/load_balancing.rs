//! Load balancing by keys: shares, what moves when a replica goes, and settings.

use tracecast_model::{
    Feature, LoadBalancing, Maglev, RingHash, System, WorkQueue, feature, native, validate,
};

const KEYS: u32 = 100_000;

fn ring(minimum_ring_size: u32) -> LoadBalancing {
    LoadBalancing::RingHash(RingHash { minimum_ring_size, ..RingHash::new(KEYS, 0.0) })
}

fn share(owners: &[u32], replica: u32) -> f64 {
    owners.iter().filter(|&&owner| owner == replica).count() as f64 / owners.len() as f64
}

/// Parts of all keys that move from another replica than `gone`, and from that.
fn moved(before: &[u32], after: &[u32], gone: u32) -> (f64, f64) {
    let part = |of_gone: bool| {
        let pairs = before.iter().zip(after);
        pairs.filter(|(old, new)| old != new && (**old == gone) == of_gone).count() as f64
            / before.len() as f64
    };
    (part(false), part(true))
}

/// Zipf (1949, *Human Behavior and the Principle of Least Effort*): shares as 1, 1/2, 1/3.
#[test]
fn popularity_is_zipfs() {
    let shares = LoadBalancing::Maglev(Maglev::new(3, 1.0)).key_shares();
    let expected = [6.0 / 11.0, 3.0 / 11.0, 2.0 / 11.0];
    assert!(
        shares.iter().zip(expected).all(|(share, expected)| (share - expected).abs() < 1e-12),
        "{shares:?}"
    );
    assert_eq!(ring(1).key_shares(), vec![1e-5; KEYS as usize]);
    assert!(LoadBalancing::Random.key_shares().is_empty());
}

/// The part of a ring before v of n·v random points has a beta distribution: mean 1/n, variance p(1 - p)/(n·v + 1). Keys are a binomial
/// sample of it. Within four standard deviations.
#[test]
fn a_ring_is_about_even() {
    for replicas in [2_u32, 5, 16] {
        let all: Vec<u32> = (0..replicas).collect();
        let owners = ring(1024).key_owners(&all);
        let (p, points) = (1.0 / f64::from(replicas), f64::from(1024_u32.div_ceil(replicas) * replicas));
        let variance = p * (1.0 - p) * (1.0 / (points + 1.0) + 1.0 / f64::from(KEYS));
        for replica in all {
            let share = share(&owners, replica);
            assert!((share - p).abs() < 4.0 * variance.sqrt(), "{replica} of {replicas}: {share}");
        }
    }
}

/// Consistent hashing's property (Karger et al. 1997): where each replica keeps its points, only keys of the one that goes move.
#[test]
fn only_the_keys_of_a_replica_that_goes_move_on_a_ring() {
    let all: Vec<u32> = (0..50).collect();
    let before = ring(1).key_owners(&all);
    for gone in 0..50 {
        let left: Vec<u32> = all.iter().copied().filter(|&replica| replica != gone).collect();
        let after = ring(1).key_owners(&left);
        assert_eq!(moved(&before, &after, gone), (0.0, share(&before, gone)), "{gone}");
    }
}

/// Envoy's ring is to stay as large: from three replicas with v points to two with 3v/2. Of 3v + v points the first after a key is new
/// with probability 1/4, the old owner is one of the two with 2/3, and the other one with 1/2: 1/12 of the keys move between those
/// that stay. So many points leave a standard deviation of about 0.002.
#[test]
fn further_points_move_further_keys() {
    let before = ring(30_000).key_owners(&[0, 1, 2]);
    for (gone, left) in [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])] {
        let (others, own) = moved(&before, &ring(30_000).key_owners(&left), gone);
        assert_eq!(own, share(&before, gone));
        assert!((others - 1.0 / 12.0).abs() < 0.01, "{others}");
    }
}

/// Eisenbud et al. 2016: every replica has almost equally many entries, within 1 % for a table of 65537; and Envoy's documentation
/// ("Maglev"): about twice as many keys move as on a ring, whose part is 1/n.
#[test]
fn maglev_is_even_and_stays_much_the_same() {
    let maglev = Maglev::new(KEYS, 0.0);
    for replicas in [2_u32, 7, 100] {
        let all: Vec<u32> = (0..replicas).collect();
        let table = maglev.table(&all);
        assert_eq!(table.len(), 65537);
        for &replica in &all {
            let entries = share(&table, replica) * f64::from(replicas);
            assert!((entries - 1.0).abs() < 0.01, "{replica} of {replicas}: {entries}");
        }
        let before = LoadBalancing::Maglev(maglev).key_owners(&all);
        let left = &all[1..];
        let (others, own) = moved(&before, &LoadBalancing::Maglev(maglev).key_owners(left), 0);
        assert_eq!(own, share(&before, 0));
        assert!((others + own) * f64::from(replicas) < 2.2, "{others} and {own} of {replicas}");
    }
}

fn system(balancing: &str) -> System {
    let text = format!(
        r#"{{"hosts": [{{"name": "machine"}}],
            "services": [{{"name": "a", "host": "machine", "replicas": 3, "load_balancing": {balancing},
                          "operations": [{{"name": "x"}}]}}],
            "workloads": [{{"name": "users", "requests": [{{"operation": "a/x"}}], "load": {{"poisson": {{"rate": 1}}}}}}]}}"#
    );
    native::read(&text).unwrap_or_else(|error| panic!("{balancing}: {error}"))
}

#[test]
fn settings() {
    for (text, expected) in [
        (r#"{"ring_hash": {"keys": 5}}"#, LoadBalancing::RingHash(RingHash::new(5, 0.0))),
        (r#"{"maglev": {"keys": 7, "skew": 0.9}}"#, LoadBalancing::Maglev(Maglev::new(7, 0.9))),
    ] {
        let mut system = system(text);
        assert_eq!(system.services[0].load_balancing, expected);
        assert!(validate(&system).is_empty(), "{:?}", validate(&system));
        let found = feature::features(&system);
        assert_eq!(found, [(Feature::KeyedBalancing, "service \"a\"".to_owned())]);
        assert_eq!(native::read(&native::write(&system)).unwrap(), system);
        system.services[0].work_queue = Some(WorkQueue::new("tasks"));
        let found = validate(&system);
        assert!(found.iter().any(|found| found.message.contains("nobody balances")), "{found:?}");
        system.services[0].work_queue = None;
        system.services[0].replicas = 1;
        assert!(feature::features(&system).is_empty(), "one replica has all keys");
    }
    assert_eq!(native::read(&native::write(&system("\"random\""))).unwrap(), system("\"random\""));
}

#[test]
fn values_out_of_range_are_refused() {
    for (text, words) in [
        (r#"{"ring_hash": {"keys": 0}}"#, "keys is 0"),
        (r#"{"ring_hash": {"keys": 20000000}}"#, "keys is 20000000"),
        (r#"{"ring_hash": {"keys": 5, "skew": -1}}"#, "skew is -1"),
        (r#"{"ring_hash": {"keys": 5, "minimum_ring_size": 0}}"#, "minimum_ring_size is 0"),
        (r#"{"ring_hash": {"keys": 5, "maximum_ring_size": 9000000}}"#, "maximum_ring_size is 9000000"),
        (r#"{"maglev": {"keys": 0}}"#, "keys is 0"),
        (r#"{"maglev": {"keys": 5, "table_size": 65536}}"#, "table_size is 65536"),
        (r#"{"maglev": {"keys": 5, "table_size": 2}}"#, "table_size is 2"),
        (r#"{"maglev": {"keys": 5, "table_size": 5000077}}"#, "table_size is 5000077"),
    ] {
        let found = validate(&system(text));
        assert!(
            matches!(found.as_slice(), [one] if one.message.contains(words) && one.element == "service \"a\""),
            "{text}: {found:?}"
        );
    }
}
