// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IdentityRegistry} from "../src/IdentityRegistry.sol";
import {IdentityStaking} from "../src/IdentityStaking.sol";
import {MachineIdentities} from "../src/MachineIdentities.sol";
import {System} from "./System.sol";

/// @dev Refuses native value.
contract Miser {}

/// @dev Registers again from inside the wrapped token's deposit.
contract ReenteringToken {
    IdentityRegistry private immutable _registry;

    constructor(IdentityRegistry registry_) {
        _registry = registry_;
    }

    function deposit() external payable {
        _registry.register{value: msg.value}();
    }
}

/// @notice Guarantees: one soulbound identity per address, ids dense from 1, exactly the bond is taken and staked.
contract IdentityRegistryTest is System {
    function test_register_bonds_mints_and_logs() external {
        vm.expectEmit(address(registry));
        emit IERC721.Transfer(address(0), MACHINE, 1);
        vm.expectEmit(address(registry));
        emit IdentityRegistry.Registered(1, "", MACHINE);
        vm.expectEmit(address(staking));
        emit IdentityStaking.Staked(1, MACHINE, BOND);
        uint256 id = _register(MACHINE);
        vm.assertEq(id, 1);
        vm.assertEq(registry.ownerOf(1), MACHINE);
        vm.assertEq(registry.machineIdOfOwner(MACHINE), 1);
        vm.assertEq(registry.totalMachines(), 1);
        vm.assertEq(registry.operatorOf(1), address(0));
        vm.assertEq(registry.machineWalletOf(1), MACHINE);
        vm.assertEq(uint256(registry.machineStatus(1)), 1);
        vm.assertEq(uint256(registry.getMachineStatus(1)), 1);
        vm.assertEq(staking.getStake(1), BOND);
        vm.assertEq(wpeaq.balanceOf(address(staking)), BOND);
        vm.assertEq(address(registry).balance, 0);
        vm.assertEq(wpeaq.allowance(address(registry), address(staking)), 0);
    }

    function test_registerFor_gives_the_machine_its_identity_and_the_caller_the_operator_role() external {
        vm.expectEmit(address(registry));
        emit IdentityRegistry.Registered(1, "", MACHINE);
        vm.expectEmit(address(registry));
        emit IdentityRegistry.OperatorSet(1, OPERATOR);
        uint256 id = _registerFor(OPERATOR, MACHINE);
        vm.assertEq(registry.ownerOf(id), MACHINE);
        vm.assertEq(registry.operatorOf(id), OPERATOR);
        vm.assertEq(registry.machineIdOfOwner(OPERATOR), 0);
        vm.assertEq(registry.isAuthorizedOrOwner(OPERATOR, id), true);
        vm.assertEq(registry.isAuthorizedOrOwner(MACHINE, id), true);
        vm.assertEq(registry.isAuthorizedOrOwner(STRANGER, id), false);
    }

    function test_registerFor_refuses_the_zero_address_and_the_caller() external {
        vm.prank(OPERATOR);
        vm.expectRevert(IdentityRegistry.InvalidMachineAddress.selector);
        registry.registerFor{value: BOND}(address(0));
        vm.prank(OPERATOR);
        vm.expectRevert(IdentityRegistry.InvalidMachineAddress.selector);
        registry.registerFor{value: BOND}(OPERATOR);
    }

    function test_a_machine_gets_rid_of_an_operator() external {
        uint256 id = _registerFor(OPERATOR, MACHINE);
        vm.prank(OPERATOR);
        vm.expectRevert(IdentityRegistry.NotMachineOwner.selector);
        registry.removeOperator(id);
        vm.prank(MACHINE);
        vm.expectRevert(MachineIdentities.MachineNotFound.selector);
        registry.removeOperator(id + 1);
        vm.expectEmit(address(registry));
        emit IdentityRegistry.OperatorSet(id, address(0));
        vm.prank(MACHINE);
        registry.removeOperator(id);
        vm.assertEq(registry.operatorOf(id), address(0));
        vm.assertEq(registry.isAuthorizedOrOwner(OPERATOR, id), false);
        vm.assertEq(registry.isAuthorizedOrOwner(MACHINE, id), true);
        vm.assertEq(uint256(registry.machineStatus(id)), 1);
    }

    function test_an_address_is_registered_once() external {
        _registerFor(OPERATOR, MACHINE);
        vm.prank(MACHINE);
        vm.expectRevert(IdentityRegistry.AlreadyRegistered.selector);
        registry.register{value: BOND}();
        vm.prank(STRANGER);
        vm.expectRevert(IdentityRegistry.AlreadyRegistered.selector);
        registry.registerFor{value: BOND}(MACHINE);
    }

    function testFuzz_the_value_must_equal_the_bond(uint256 value) external {
        value = _bound(value, 0, 10 ether);
        vm.assume(value != BOND);
        vm.prank(MACHINE);
        vm.expectRevert(IdentityRegistry.IncorrectBondAmount.selector);
        registry.register{value: value}();
    }

    function test_without_a_bond_nothing_may_be_sent_and_nothing_is_staked() external {
        vm.prank(ADMIN);
        registry.setMinBond(0);
        vm.prank(MACHINE);
        vm.expectRevert(IdentityRegistry.BondNotRequired.selector);
        registry.register{value: BOND}();
        vm.prank(MACHINE);
        uint256 id = registry.register();
        vm.assertEq(staking.isStaked(id), false);
        vm.assertEq(staking.totalStaked(), 0);
    }

    function test_setMinBond_takes_zero_or_the_floor() external {
        uint256 floor = registry.MIN_BOND_FLOOR();
        vm.startPrank(ADMIN);
        vm.expectRevert(IdentityRegistry.BondBelowFloor.selector);
        registry.setMinBond(floor - 1);
        vm.expectRevert(IdentityRegistry.BondBelowFloor.selector);
        registry.setMinBond(1);
        vm.expectEmit(address(registry));
        emit IdentityRegistry.MinBondChanged(floor);
        registry.setMinBond(floor);
        vm.stopPrank();
        vm.assertEq(registry.minBond(), floor);
        vm.prank(MACHINE);
        registry.register{value: floor}();
        vm.assertEq(staking.getStake(1), floor);
    }

    function test_registering_before_the_wiring_is_refused() external {
        IdentityRegistry fresh = IdentityRegistry(
            _proxy(address(new IdentityRegistry()), abi.encodeCall(IdentityRegistry.initialize, (ADMIN)))
        );
        vm.prank(MACHINE);
        vm.expectRevert(MachineIdentities.ContractNotConfigured.selector);
        fresh.register{value: BOND}();
        vm.prank(ADMIN);
        fresh.setWPEAQ(address(wpeaq));
        vm.prank(MACHINE);
        vm.expectRevert(MachineIdentities.ContractNotConfigured.selector);
        fresh.register{value: BOND}();
        vm.prank(ADMIN);
        fresh.setMinBond(0);
        vm.prank(MACHINE);
        vm.assertEq(fresh.register(), 1);
        vm.expectRevert(MachineIdentities.ContractNotConfigured.selector);
        fresh.getMetadata(1, "machineId");
    }

    function test_a_malicious_token_cannot_reenter() external {
        ReenteringToken token = new ReenteringToken(registry);
        vm.prank(ADMIN);
        registry.setWPEAQ(address(token));
        vm.prank(MACHINE);
        vm.expectRevert(abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
        registry.register{value: BOND}();
        vm.prank(OPERATOR);
        vm.expectRevert(abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
        registry.registerFor{value: BOND}(MACHINE);
    }

    function test_status_steps() external {
        uint256 id = _registerFor(OPERATOR, MACHINE);
        vm.startPrank(ADMIN);
        vm.expectEmit(address(registry));
        emit IdentityRegistry.MachineVerified(id);
        registry.verifyMachine(id);
        vm.assertEq(registry.isVerified(id), true);
        vm.expectRevert(IdentityRegistry.InvalidStatus.selector);
        registry.verifyMachine(id);
        vm.expectEmit(address(registry));
        emit IdentityRegistry.MachineRejected(id);
        registry.rejectMachine(id);
        vm.assertEq(uint256(registry.machineStatus(id)), 3);
        vm.expectRevert(IdentityRegistry.InvalidStatus.selector);
        registry.rejectMachine(id);
        registry.verifyMachine(id);
        vm.stopPrank();

        vm.expectEmit(address(registry));
        emit IdentityRegistry.MachineDeactivated(id, MACHINE);
        vm.prank(OPERATOR);
        registry.deactivateMachine(id);
        vm.assertEq(registry.isDeactivated(id), true);
        vm.assertEq(registry.isVerified(id), false);
        vm.prank(MACHINE);
        vm.expectRevert(IdentityRegistry.InvalidStatus.selector);
        registry.deactivateMachine(id);
        vm.startPrank(ADMIN);
        vm.expectRevert(IdentityRegistry.InvalidStatus.selector);
        registry.verifyMachine(id);
        vm.expectRevert(IdentityRegistry.InvalidStatus.selector);
        registry.rejectMachine(id);
        vm.stopPrank();

        vm.expectEmit(address(registry));
        emit IdentityRegistry.MachineReactivated(id, MACHINE);
        vm.prank(MACHINE);
        registry.reactivateMachine(id);
        vm.assertEq(registry.isVerified(id), true);
        vm.prank(MACHINE);
        vm.expectRevert(IdentityRegistry.InvalidStatus.selector);
        registry.reactivateMachine(id);
    }

    function test_a_rejected_machine_comes_back_rejected() external {
        uint256 id = _register(MACHINE);
        vm.prank(ADMIN);
        registry.rejectMachine(id);
        vm.startPrank(MACHINE);
        registry.deactivateMachine(id);
        registry.reactivateMachine(id);
        vm.assertEq(uint256(registry.machineStatus(id)), 3);
    }

    function test_status_steps_need_the_right_caller_and_a_machine() external {
        uint256 id = _register(MACHINE);
        vm.startPrank(STRANGER);
        _expectNotOwner(STRANGER);
        registry.verifyMachine(id);
        _expectNotOwner(STRANGER);
        registry.rejectMachine(id);
        vm.expectRevert(IdentityRegistry.NotMachineOwner.selector);
        registry.deactivateMachine(id);
        vm.expectRevert(IdentityRegistry.NotMachineOwner.selector);
        registry.reactivateMachine(id);
        vm.expectRevert(MachineIdentities.MachineNotFound.selector);
        registry.deactivateMachine(9);
        vm.expectRevert(MachineIdentities.MachineNotFound.selector);
        registry.reactivateMachine(9);
        vm.stopPrank();
        vm.startPrank(ADMIN);
        vm.expectRevert(MachineIdentities.MachineNotFound.selector);
        registry.verifyMachine(9);
        vm.expectRevert(MachineIdentities.MachineNotFound.selector);
        registry.rejectMachine(0);
    }

    function test_views_answer_zeros_for_an_unknown_machine() external view {
        vm.assertEq(registry.machineExists(7), false);
        vm.assertEq(registry.machineIdOfOwner(STRANGER), 0);
        vm.assertEq(registry.machineWalletOf(7), address(0));
        vm.assertEq(registry.operatorOf(7), address(0));
        vm.assertEq(uint256(registry.machineStatus(7)), 0);
        vm.assertEq(registry.isVerified(7), false);
        vm.assertEq(registry.isDeactivated(7), false);
        vm.assertEq(registry.isAuthorizedOrOwner(address(0), 7), false);
        vm.assertEq(registry.isAuthorizedOrOwner(STRANGER, 7), false);
        vm.assertEq(registry.verifyOwnership(7, address(0)), false);
        (address owner_, bool exists) = registry.getOwnerIfExists(7);
        vm.assertEq(owner_, address(0));
        vm.assertEq(exists, false);
        (, address wallet, bool known, uint8 status) = registry.getVerificationInfo(7);
        vm.assertEq(wallet, address(0));
        vm.assertEq(known, false);
        vm.assertEq(uint256(status), 0);
    }

    function test_views_of_a_machine() external {
        uint256 id = _register(MACHINE);
        vm.assertEq(registry.machineExists(id), true);
        vm.assertEq(registry.verifyOwnership(id, MACHINE), true);
        vm.assertEq(registry.verifyOwnership(id, STRANGER), false);
        vm.assertEq(registry.isAuthorizedOrOwner(address(0), id), false);
        (address owner_, bool exists) = registry.getOwnerIfExists(id);
        vm.assertEq(owner_, MACHINE);
        vm.assertEq(exists, true);
        (address also, address wallet, bool known, uint8 status) = registry.getVerificationInfo(id);
        vm.assertEq(also, MACHINE);
        vm.assertEq(wallet, MACHINE);
        vm.assertEq(known, true);
        vm.assertEq(uint256(status), 1);
        vm.assertEq(registry.balanceOf(MACHINE), 1);
        vm.assertEq(registry.supportsInterface(type(IERC721).interfaceId), true);
        vm.assertEq(registry.name(), "peaqOS Machine Identity");
        vm.assertEq(registry.symbol(), "MACHINE-ID");
        vm.assertEq(registry.getApproved(id), address(0));
        vm.assertEq(registry.isApprovedForAll(MACHINE, OPERATOR), false);
    }

    function test_tokenURI_is_the_base_and_the_id() external {
        vm.expectEmit(address(registry));
        emit IdentityRegistry.BaseURISet("https://cards.example/");
        vm.prank(ADMIN);
        registry.setBaseURI("https://cards.example/");
        vm.expectEmit(address(registry));
        emit IdentityRegistry.Registered(1, "https://cards.example/1", MACHINE);
        _register(MACHINE);
        vm.assertEq(registry.tokenURI(1), "https://cards.example/1");
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 2));
        registry.tokenURI(2);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 2));
        registry.ownerOf(2);
    }

    function testFuzz_an_identity_cannot_be_moved_or_approved(address caller, address to) external {
        uint256 id = _register(MACHINE);
        vm.assume(to != address(0)); // that is refused before, as no receiver at all
        vm.assume(caller != address(0));
        vm.startPrank(caller);
        vm.expectRevert(MachineIdentities.IdentityNFTSoulbound.selector);
        registry.transferFrom(MACHINE, to, id);
        vm.expectRevert(MachineIdentities.IdentityNFTSoulbound.selector);
        registry.safeTransferFrom(MACHINE, to, id);
        vm.expectRevert(MachineIdentities.IdentityNFTSoulbound.selector);
        registry.safeTransferFrom(MACHINE, to, id, "data");
        vm.expectRevert(MachineIdentities.IdentityNFTSoulbound.selector);
        registry.approve(to, id);
        vm.expectRevert(MachineIdentities.IdentityNFTSoulbound.selector);
        registry.setApprovalForAll(to, true);
        vm.assertEq(registry.ownerOf(id), MACHINE);
    }

    function test_getMetadata_reads_the_machines_DID() external {
        uint256 id = _register(MACHINE);
        vm.assertEq(registry.getMetadata(id, "data_api"), bytes(""));
        vm.prank(MACHINE);
        DID.addAttribute(MACHINE, "data_api", "https://m.example", 0);
        vm.assertEq(registry.getMetadata(id, "data_api"), bytes("https://m.example"));
        vm.assertEq(registry.getDIDPrecompile(), address(DID));
        vm.expectRevert(MachineIdentities.MachineNotFound.selector);
        registry.getMetadata(9, "data_api");
    }

    function test_settings_are_the_owners_and_refuse_zero() external {
        vm.startPrank(STRANGER);
        _expectNotOwner(STRANGER);
        registry.setIdentityStaking(STRANGER);
        _expectNotOwner(STRANGER);
        registry.setWPEAQ(STRANGER);
        _expectNotOwner(STRANGER);
        registry.setDIDPrecompile(STRANGER);
        _expectNotOwner(STRANGER);
        registry.setMinBond(0);
        _expectNotOwner(STRANGER);
        registry.setBaseURI("");
        _expectNotOwner(STRANGER);
        registry.rescueETH(STRANGER, 0);
        vm.stopPrank();
        vm.startPrank(ADMIN);
        vm.expectRevert(IdentityRegistry.InvalidAddress.selector);
        registry.setIdentityStaking(address(0));
        vm.expectRevert(IdentityRegistry.InvalidAddress.selector);
        registry.setWPEAQ(address(0));
        vm.expectRevert(IdentityRegistry.InvalidAddress.selector);
        registry.setDIDPrecompile(address(0));
        vm.expectRevert(IdentityRegistry.InvalidAddress.selector);
        registry.rescueETH(address(0), 0);
        vm.expectEmit(address(registry));
        emit IdentityRegistry.IdentityStakingSet(STRANGER);
        registry.setIdentityStaking(STRANGER);
        vm.expectEmit(address(registry));
        emit IdentityRegistry.WPEAQSet(STRANGER);
        registry.setWPEAQ(STRANGER);
        vm.expectEmit(address(registry));
        emit IdentityRegistry.DIDPrecompileSet(STRANGER);
        registry.setDIDPrecompile(STRANGER);
    }

    function test_rescueETH_sends_what_was_forced_in() external {
        vm.deal(address(registry), 3 ether);
        vm.startPrank(ADMIN);
        vm.expectEmit(address(registry));
        emit IdentityRegistry.ETHRescued(STRANGER, 1 ether);
        registry.rescueETH(STRANGER, 1 ether);
        vm.assertEq(STRANGER.balance, 101 ether);
        address miser = address(new Miser());
        vm.expectRevert(IdentityRegistry.ETHTransferFailed.selector);
        registry.rescueETH(miser, 1 ether);
    }

    function test_upgrade_is_the_owners_and_keeps_state() external {
        _register(MACHINE);
        address next = address(new IdentityRegistry());
        vm.prank(STRANGER);
        _expectNotOwner(STRANGER);
        registry.upgradeToAndCall(next, "");
        vm.prank(ADMIN);
        registry.upgradeToAndCall(next, "");
        vm.assertEq(registry.ownerOf(1), MACHINE);
        vm.assertEq(registry.minBond(), BOND);
    }

    function test_the_first_bond_is_logged() external {
        address implementation = address(new IdentityRegistry());
        vm.expectEmit();
        emit IdentityRegistry.MinBondChanged(1 ether);
        _proxy(implementation, abi.encodeCall(IdentityRegistry.initialize, (ADMIN)));
    }

    function test_it_is_initialised_once() external {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        registry.initialize(STRANGER);
        IdentityRegistry implementation = new IdentityRegistry();
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        implementation.initialize(STRANGER);
    }

    function testFuzz_ids_are_dense(uint8 count) external {
        uint256 machines = _bound(count, 1, 20);
        for (uint160 i = 1; i <= machines; ++i) {
            vm.assertEq(_register(address(0x10000 + i)), i);
        }
        vm.assertEq(registry.totalMachines(), machines);
    }
}
