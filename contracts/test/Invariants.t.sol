// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EventRegistry} from "../src/EventRegistry.sol";
import {IdentityRegistry} from "../src/IdentityRegistry.sol";
import {MachineNFT} from "../src/MachineNFT.sol";
import {MachineEvent} from "../src/EventRecords.sol";
import {Test} from "./Base.sol";
import {System} from "./System.sol";

/// @dev What the world does to the contracts, at random: everything a machine, an operator, a stranger and the
///      administrator can do. Refused actions are part of it and leave no trace; any other revert fails the run.
contract World is Test {
    IdentityRegistry private immutable _registry;
    EventRegistry private immutable _events;
    MachineNFT private immutable _nft;
    address private immutable _admin;

    /// @dev One submitted event: where it is and what it hashed to when it was written.
    struct Written {
        uint256 machineId;
        uint256 index;
        bytes32 hash;
    }

    Written[] private _written;
    uint256 public expectedMachines;
    uint256 public expectedStake;
    uint256 public expectedTokens;

    constructor(IdentityRegistry registry, EventRegistry events, MachineNFT nft, address admin) {
        _registry = registry;
        _events = events;
        _nft = nft;
        _admin = admin;
    }

    function register(uint256 who, uint256 value) external {
        _registered(_actor(who), address(0), value);
    }

    function registerFor(uint256 who, uint256 machine, uint256 value) external {
        _registered(_actor(who), _actor(machine), value);
    }

    function setMinBond(uint256 bond) external {
        bond = _bound(bond, 0, 4) * 0.5 ether;
        vm.prank(_admin);
        _registry.setMinBond(bond);
    }

    function mint(uint256 who, uint256 machine, uint256 to) external {
        uint256 id = _machine(machine);
        bool had = _nft.tokenIdOf(id) != 0;
        vm.prank(_actor(who));
        try _nft.mint(id, _actor(to)) {
            require(!had, "a second token for one machine");
            ++expectedTokens;
        } catch {}
    }

    function moveToken(uint256 who, uint256 token, uint256 to) external {
        token = _bound(token, 1, 20);
        vm.prank(_actor(who));
        try _nft.transferFrom(_actor(who), _actor(to), token) {} catch {}
    }

    function moveIdentity(uint256 who, uint256 machine, uint256 to) external {
        uint256 id = _machine(machine);
        vm.prank(_actor(who));
        try _registry.transferFrom(_actor(who), _actor(to), id) {
            revert("an identity moved");
        } catch {}
    }

    function submit(uint256 who, MachineEvent memory e) external {
        e.machineId = _machine(e.machineId);
        e.eventType = uint8(_bound(e.eventType, 0, 1));
        e.trustLevel = uint8(_bound(e.trustLevel, 0, 2));
        e.timestamp = _bound(e.timestamp, 0, block.timestamp);
        e.currency = e.eventType == 0 ? "USD" : "";
        uint256 index = _events.getEventCount(e.machineId);
        vm.prank(_actor(who));
        try _events.submitEvent(
            e.machineId,
            e.eventType,
            e.value,
            e.currency,
            e.timestamp,
            e.dataHash,
            e.trustLevel,
            e.sourceChainId,
            e.sourceTxHash,
            e.metadata
        ) {
            _written.push(Written(e.machineId, index, keccak256(abi.encode(e))));
        } catch {}
    }

    function changeStatus(uint256 who, uint256 machine, uint256 step) external {
        uint256 id = _machine(machine);
        address caller = step % 4 < 2 ? _actor(who) : _admin;
        vm.prank(caller);
        if (step % 4 == 0) {
            try _registry.deactivateMachine(id) {} catch {}
        } else if (step % 4 == 1) {
            try _registry.reactivateMachine(id) {} catch {}
        } else if (step % 4 == 2) {
            try _registry.verifyMachine(id) {} catch {}
        } else {
            try _registry.rejectMachine(id) {} catch {}
        }
    }

    function pause(uint256 which) external {
        vm.startPrank(_admin);
        if (which % 4 == 0 && !_events.paused()) _events.pause();
        else if (which % 4 == 1 && !_nft.paused()) _nft.pause();
        else if (_events.paused()) _events.unpause();
        else if (_nft.paused()) _nft.unpause();
        vm.stopPrank();
    }

    function pass(uint256 seconds_) external {
        vm.warp(block.timestamp + _bound(seconds_, 1, 30 days));
    }

    function writtenCount() external view returns (uint256) {
        return _written.length;
    }

    function written(uint256 i) external view returns (Written memory) {
        return _written[i];
    }

    function _registered(address caller, address machine, uint256 value) private {
        uint256 bond = _registry.minBond();
        if (value % 8 != 0) value = bond; // mostly right, sometimes not
        else value = _bound(value, 0, 2 ether);
        vm.deal(caller, value);
        vm.prank(caller);
        bool done;
        if (machine == address(0)) {
            try _registry.register{value: value}() {
                done = true;
            } catch {}
        } else {
            try _registry.registerFor{value: value}(machine) {
                done = true;
            } catch {}
        }
        if (!done) return;
        require(value == bond, "a bond of another amount was taken");
        ++expectedMachines;
        expectedStake += value;
    }

    function _actor(uint256 any) private pure returns (address) {
        return address(uint160(0xAC0000 + any % 12));
    }

    function _machine(uint256 any) private view returns (uint256) {
        return any % (_registry.totalMachines() + 2); // 0 and one too many now and then
    }
}

/// @notice Guarantees, whatever anybody does: the bonds add up to the staked tokens, ids are dense, written events
///         never change, a machine has at most one NFT, an identity never moves.
contract InvariantsTest is System {
    World private world;

    function setUp() public override {
        super.setUp();
        world = new World(registry, events, nft, ADMIN);
    }

    /// @dev Forge calls only these.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(world);
    }

    /// @dev One campaign for all, because each invariant function is a campaign of its own. After each call the sums
    ///      and, in turn, one machine and one event; at the end of a run everything.
    function invariant_the_books_are_right() external view {
        uint256 total = _sumsAgree();
        uint256 turn = uint256(keccak256(abi.encode(total, block.timestamp, wpeaq.totalSupply())));
        if (total != 0) _machineIsRight(1 + turn % total);
        uint256 written = world.writtenCount();
        if (written != 0) _eventIsUnchanged(turn % written);
    }

    function afterInvariant() external view {
        uint256 total = _sumsAgree();
        uint256 bonds;
        uint256 tokens;
        for (uint256 id = 1; id <= total; ++id) {
            _machineIsRight(id);
            bonds += staking.getStake(id);
            if (nft.tokenIdOf(id) != 0) ++tokens;
        }
        vm.assertEq(bonds, staking.totalStaked());
        vm.assertEq(tokens, nft.totalMinted());
        vm.assertEq(registry.machineExists(0), false);
        vm.assertEq(registry.machineExists(total + 1), false);
        uint256 count = world.writtenCount();
        for (uint256 i = 0; i < count; ++i) {
            _eventIsUnchanged(i);
        }
    }

    function _sumsAgree() private view returns (uint256 machines) {
        uint256 stake = world.expectedStake();
        vm.assertEq(staking.totalStaked(), stake);
        vm.assertEq(wpeaq.balanceOf(address(staking)), stake);
        vm.assertEq(wpeaq.totalSupply(), stake);
        vm.assertEq(address(wpeaq).balance, stake);
        vm.assertEq(address(registry).balance, 0);
        machines = world.expectedMachines();
        vm.assertEq(registry.totalMachines(), machines);
        vm.assertEq(nft.totalMinted(), world.expectedTokens());
        vm.assertEq(events.totalEventCount(), world.writtenCount());
    }

    function _machineIsRight(uint256 id) private view {
        address machine = registry.ownerOf(id);
        vm.assertEq(registry.machineIdOfOwner(machine), id);
        vm.assertEq(registry.balanceOf(machine), 1);
        uint256 status = registry.machineStatus(id);
        vm.assertEq(status >= 1 && status <= 4, true);
        uint256 token = nft.tokenIdOf(id);
        if (token != 0) vm.assertEq(nft.machineIdOf(token), id);
    }

    function _eventIsUnchanged(uint256 i) private view {
        World.Written memory written = world.written(i);
        vm.assertEq(keccak256(abi.encode(events.getEventAt(written.machineId, written.index))), written.hash);
    }
}
