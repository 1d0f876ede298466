package main

import (
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// pollInterval is how often a waiting call compares the inventory with what its caller has seen, as in the simulator.
const pollInterval = 20 * time.Millisecond

// properties are the values that a filter selects, by object and property.
type properties map[types.ManagedObjectReference]map[string]types.AnyType

// updates implements WaitForUpdatesEx with the versions of a vCenter: every call returns what has changed since the
// version that it names. The simulator has one queue for each property collector instead. pulumi-vsphere waits for the
// tasks of several machines with one collector, and all but one of these calls would never return.
type updates struct {
	mu sync.Mutex
	// seen holds what was returned with each version, by filter.
	seen map[string]map[types.ManagedObjectReference]properties
	// cancelled counts the CancelWaitForUpdates calls of each collector and session.
	cancelled map[string]int
	versions  int
}

func newUpdates() *updates {
	return &updates{seen: map[string]map[types.ManagedObjectReference]properties{}, cancelled: map[string]int{}}
}

// route sends a WaitForUpdatesEx call to a waiter instead of the collector, and notes calls that cancel it.
func (u *updates) route(ctx *simulator.Context, call *simulator.Method) {
	if ctx.Session == nil {
		return
	}
	key := ctx.Session.Key + call.This.Value
	switch call.Name {
	case "CancelWaitForUpdates", "DestroyPropertyCollector":
		u.mu.Lock()
		u.cancelled[key]++
		u.mu.Unlock()
	case "WaitForUpdatesEx":
		if collector, ok := ctx.Session.Get(call.This).(*simulator.PropertyCollector); ok {
			call.This.Type = "PropertyCollectorWait"
			ctx.Session.Put(&waiter{Self: call.This, key: key, updates: u, collector: collector})
		}
	}
}

// waiter implements WaitForUpdatesEx for one property collector.
type waiter struct {
	Self      types.ManagedObjectReference
	key       string
	updates   *updates
	collector *simulator.PropertyCollector
}

func (w *waiter) Reference() types.ManagedObjectReference { return w.Self }

// Lock and Unlock let the simulator serve concurrent calls; see nopLocker of package simulator.
func (w *waiter) Lock() {}

func (w *waiter) Unlock() {}

// WaitForUpdatesEx is called by the simulator, which finds methods by the name of the vSphere operation.
func (w *waiter) WaitForUpdatesEx(ctx *simulator.Context, request *types.WaitForUpdatesEx) soap.HasFault {
	body := &methods.WaitForUpdatesExBody{Res: &types.WaitForUpdatesExResponse{}}
	seen, generation := w.updates.start(request.Version, w.key)
	var end time.Time
	if request.Options != nil && request.Options.MaxWaitSeconds != nil {
		end = time.Now().Add(time.Duration(*request.Options.MaxWaitSeconds) * time.Second)
	}
	for {
		now := w.collect(ctx)
		if changes := differences(seen, now); len(changes) != 0 || request.Version == "" {
			version := w.updates.keep(request.Version, now)
			body.Res.Returnval = &types.UpdateSet{Version: version, FilterSet: changes}
			return body
		}
		if !end.IsZero() && !time.Now().Before(end) {
			return body
		}
		time.Sleep(pollInterval)
		if w.updates.isCancelled(w.key, generation) {
			return &methods.WaitForUpdatesExBody{Fault_: simulator.Fault("", &types.RequestCanceled{})}
		}
	}
}

// collect returns the properties that each filter of the collector selects at present.
func (w *waiter) collect(ctx *simulator.Context) map[types.ManagedObjectReference]properties {
	found := map[types.ManagedObjectReference]properties{}
	for _, reference := range w.collector.Filter {
		filter, ok := ctx.Session.Get(reference).(*simulator.PropertyFilter)
		if !ok {
			continue
		}
		spec := filter.Spec
		spec.ReportMissingObjectsInResults = types.NewBool(true) // a deleted object is an update, not a fault
		request := &types.RetrievePropertiesEx{SpecSet: []types.PropertyFilterSpec{spec}}
		body, ok := w.collector.RetrievePropertiesEx(ctx, request).(*methods.RetrievePropertiesExBody)
		if !ok || body.Res == nil {
			continue
		}
		found[reference] = properties{}
		for _, object := range body.Res.Returnval.Objects {
			values := map[string]types.AnyType{}
			for _, property := range object.PropSet {
				values[property.Name] = property.Val
			}
			found[reference][object.Obj] = values
		}
	}
	return found
}

func (u *updates) start(version, key string) (map[types.ManagedObjectReference]properties, int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.seen[version], u.cancelled[key]
}

func (u *updates) isCancelled(key string, generation int) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.cancelled[key] != generation
}

// keep stores what a call returns under a new version, instead of the version that the call named.
func (u *updates) keep(version string, seen map[types.ManagedObjectReference]properties) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.seen, version)
	u.versions++
	next := strconv.Itoa(u.versions)
	u.seen[next] = seen
	return next
}

// differences returns the updates of every filter that lead from one state to another.
func differences(before, after map[types.ManagedObjectReference]properties) []types.PropertyFilterUpdate {
	var found []types.PropertyFilterUpdate
	for filter, objects := range after {
		var changed []types.ObjectUpdate
		for object, values := range objects {
			known, isKnown := before[filter][object]
			update := types.ObjectUpdate{Obj: object, Kind: types.ObjectUpdateKindModify}
			if !isKnown {
				update.Kind = types.ObjectUpdateKindEnter
			}
			for name, value := range values {
				if old, ok := known[name]; !ok || !reflect.DeepEqual(old, value) {
					change := types.PropertyChange{Name: name, Op: types.PropertyChangeOpAssign, Val: value}
					update.ChangeSet = append(update.ChangeSet, change)
				}
			}
			if !isKnown || len(update.ChangeSet) != 0 {
				changed = append(changed, update)
			}
		}
		for object := range before[filter] {
			if _, ok := objects[object]; !ok {
				changed = append(changed, types.ObjectUpdate{Obj: object, Kind: types.ObjectUpdateKindLeave})
			}
		}
		if len(changed) != 0 {
			found = append(found, types.PropertyFilterUpdate{Filter: filter, ObjectSet: changed})
		}
	}
	return found
}
